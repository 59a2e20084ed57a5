#include <forebay/graph/node.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <forebay/graph/body_range.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/hand_over.hpp>
#include <forebay/graph/own_threads.hpp>
#include <forebay/graph/run.hpp>

namespace forebay::detail {
namespace {

// Of a node's busy time for one sampled body, on average: reading a thread's CPU clock is a system
// call of 0.3 us and more, so that it stays below 0.05 %.
constexpr double kSampleEvery = 4e6;  // ns

// Between 0 and 1, in no step with anything that repeats: the fraction of a multiple of the golden
// ratio.
double scattered(std::uint64_t number) {
  return static_cast<double>(number * 0x9E3779B97F4A7C15) * 0x1p-64;
}

}  // namespace

void OutputBase::send_hole(Sequence s, Actions& actions) const {
  for (QueueBase* target : targets_) {
    if (target->feedback()) continue;  // it numbers anew what comes back
    actions.events.push_back({Event::Kind::kHole, nullptr, target, s});
  }
}

void OutputBase::send_end(Sequence end, Actions& actions) const {
  for (QueueBase* target : targets_) {
    if (target->feedback()) continue;  // the stream that enters the cycle ends it
    actions.events.push_back({Event::Kind::kEnd, nullptr, target, end});
  }
}

Node::Node(Run& run, std::string name, std::string kind, NodeSettings settings, Node* helps)
    : mutex_(helps != nullptr ? helps->mutex_ : own_mutex_),
      run_(run),
      name_(std::move(name)),
      kind_(std::move(kind)),
      has_own_threads_(settings.run_on == RunOn::kOwnThreads),
      settings_(settings),
      leader_(helps != nullptr ? *helps : *this),
      task_(run.flow(), tbb::flow::unlimited,  // the node itself limits its flights
            FlightTask{&run_}) {
  validate(name_, settings_);
  if (has_own_threads_) {
    own_threads_ = std::make_unique<OwnThreads>(run_, *this, settings_.concurrency);
  }
}

Node::~Node() = default;

void Node::join_threads() {
  if (own_threads_) own_threads_->close();
}

NodeSettings Node::settings() const {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  return settings_;
}

void Node::change(const NodeSettings& settings, Actions& actions) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(actions.time());
  settings_ = settings;
  if (ended_) return;
  if (own_threads_) own_threads_->set_limit(settings.concurrency);
  for (QueueBase* input : inputs_) {
    if (&input->owner() != this) continue;
    input->set_capacity(settings.queue, settings.queue_bytes, actions);
  }
  pump(actions);
}

void Node::keep_order(const std::string& why) {
  if (settings_.concurrency != 1) {
    throw Error(name_ + ".concurrency is " + std::to_string(settings_.concurrency) + "; " + why +
                " sends one item at a time; give 1");
  }
  if (!helpers_.empty()) {
    throw Error(name_ + " has the help of " + helpers_[0]->name() + "; " + why +
                " sends one item at a time; leave it alone");
  }
  settings_.order = Order::kInOrder;
  settings_.fixed = true;
}

bool Node::overflow(const QueueBase& queue, Actions& actions) const {
  run_.note_failure("the feedback edge from " + queue.from + " to " + name_ + " holds " +
                    std::to_string(queue.depth()) + " items and more come back; raise " + name_ +
                    ".queue, or send no more round the cycle than it begins with");
  actions.events.push_back({Event::Kind::kStop, nullptr, nullptr, 0});
  return true;
}

void Node::account(std::int64_t now) const {
  if (!run_.metering() || !run_.started() || ended_) return;
  const std::int64_t since = last_ == 0 ? run_.begin_time() : last_;
  const std::int64_t dt = now - since;
  if (dt <= 0) return;  // stamps of other threads may be a little older
  last_ = now;
  busy_ += running_ * dt;
  ready_ += (active_ - running_) * dt;
  const auto limit = static_cast<std::int64_t>(settings_.concurrency);
  const std::int64_t idle = limit - active_;
  if (idle > 0) {
    (idle_ == Idle::kBlocked ? blocked_ : starved_) += idle * dt;
  } else {
    for (const QueueBase* input : inputs_) {
      if (input->depth() == 0) continue;
      limited_ += dt;
      break;
    }
  }
  if (is_helper()) return;  // its queue is its leader's
  for (QueueBase* input : inputs_) input->account(dt);
}

// A node and its helpers, in the order in which they take items.
template <typename Call>
void Node::each_of_crew(const Call& call) const {
  call(leader_);
  for (Node* helper : leader_.helpers_) call(*helper);
}

std::int64_t Node::idle_workers() const {
  std::int64_t idle = 0;
  each_of_crew([&](const Node& node) {
    idle += static_cast<std::int64_t>(node.settings_.concurrency) - node.active_;
  });
  return idle;
}

// An output that waits for bytes keeps a worker occupied, but must not keep it from the very item
// that the queue waits for: bytes are given in stream order.
bool Node::outputs_allow(const Found& found) const {
  if (outputs_.empty()) return true;
  const Places places = output_places(found.sequence);
  if (!outputs_[0]->admits(places.last)) return false;
  return leader_.parked_ == 0 || found.what == Found::What::kHole ||
         leader_.parked_ < idle_workers() || outputs_[0]->awaits(places.first);
}

bool Node::helper_waits() const {
  return std::any_of(helpers_.begin(), helpers_.end(),
                     [](const Node* helper) { return helper->waits_for_room(); });
}

bool Node::may_start(const Found& found) {
  if (outputs_allow(found)) {
    waits_for_room_.store(false, std::memory_order_relaxed);
    return true;
  }
  // Ask again once consumers can see that we wait; pairs with QueueBase::wake_waiting_producer.
  waits_for_room_.store(true, std::memory_order_seq_cst);
  return outputs_allow(found);
}

// Inlined in both its callers: the call alone would be 3 % of an item's way through a node.
[[gnu::always_inline]] inline void Node::start_items(Actions& actions) {
  idle_ = Idle::kNo;
  while (!run_.stopping()) {
    if (active_ >= static_cast<std::int64_t>(settings_.concurrency)) break;
    const Found found = find(actions);
    if (found.what == Found::What::kNothing) {
      idle_ = leader_.parked_ > 0 ? Idle::kBlocked : Idle::kStarved;
      if (const std::string why = unmatched(); !why.empty()) {
        run_.note_failure(name_ + ": " + why);
        actions.events.push_back({Event::Kind::kStop, nullptr, nullptr, 0});
      }
      break;
    }
    if (!may_start(found)) {
      idle_ = Idle::kBlocked;
      break;
    }
    if (found.what == Found::What::kHole) {
      take_hole(found.sequence, actions);
      continue;
    }
    Flight* taken = nullptr;
    try {
      taken = &take(found.sequence, actions);
    } catch (...) {  // moving the item threw
      run_.note_failure(name_ + ": item " + std::to_string(found.sequence) + ": " +
                        exception_text());
      actions.events.push_back({Event::Kind::kStop, nullptr, nullptr, 0});
      break;
    }
    Flight& flight = *taken;
    flight.node = this;
    flight.sequence = found.sequence;
    flight.end = 0;
    flight.parked = 0;
    flight.sampled =
        run_.metering() && scattered(items_in_) * kSampleEvery * static_cast<double>(finished_) <=
                               static_cast<double>(busy_);
    ++active_;
    if (flight.counted) ++items_in_;
    actions.flights.push_back(&flight);
  }
}

void Node::pump(Actions& actions) {
  if (ended_ || !run_.started()) return;
  std::int64_t active = 0;
  if (leader_.helpers_.empty()) {
    start_items(actions);
    active = active_;
  } else {
    active = pump_crew(actions);
  }
  if (active > 0) return;
  if (run_.stopping() || (leader_.parked_ == 0 && leader_.exhausted())) leader_.end(actions);
}

// Whatever happens to a node concerns all that take from its queue, which end together. Returns how
// many items they have.
std::int64_t Node::pump_crew(Actions& actions) {
  std::int64_t active = 0;
  each_of_crew([&](Node& node) {
    if (&node != this) node.account(actions.time());
    node.start_items(actions);
    active += node.active_;
  });
  return active;
}

void Node::end(Actions& actions) {
  if (!run_.stopping()) {
    for (const OutputBase* output : outputs_) output->send_end(output_end(), actions);
    for (QueueBase* input : inputs_) input->close(actions);
  }
  each_of_crew([](Node& node) {
    node.ended_ = true;
    node.run_.node_ended();
  });
}

void Node::wake(Actions& actions) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(actions.time());
  pump(actions);
}

void Node::unpark(Actions& actions) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(actions.time());
  --parked_;
  pump(actions);
}

void Node::receive_hole(QueueBase& queue, Sequence s, Actions& actions) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  if (ended_) return;
  account(actions.time());
  queue.put_hole(s, actions);
  pump(actions);
}

void Node::receive_end(QueueBase& queue, Sequence end, Actions& actions) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(actions.time());
  queue.set_end(end);
  pump(actions);
}

void Node::launch(Flight& flight) {
  if (own_threads_) {
    own_threads_->submit(&flight);
  } else {
    run_.submit(task_, &flight);
  }
}

void Node::begin_body(Flight& flight) {
  if (run_.metering()) flight.begin = now_ns();
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(flight.begin);
  ++running_;
}

void Node::run_flight(Flight& flight, Actions& actions) {
  begin_body(flight);
  if (!run_.stopping()) {
    if (flight.sampled) flight.cpu = thread_cpu_ns();
    const BodyRange range(name_);
    try {
      work(flight, actions);
    } catch (...) {
      // Not the body but what surrounds it: a copy for a branch, `describe`, an element of a range.
      // The item may be half sent, so it cannot be skipped.
      run_.fail(name_ + ": item " + std::to_string(flight.sequence) + ": " + exception_text());
      if (flight.end == 0) body_done(flight, actions);
    }
  }
  const std::int64_t end = flight.end;
  if (run_.tracer().wants(end)) trace(flight, actions);
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  if (end != 0) {
    account(end);
    ++finished_;
    if (flight.counted && run_.metering()) service_.record(end - flight.begin);
    if (flight.sampled) {
      sampled_cpu_ += flight.cpu;
      sampled_busy_ += end - flight.begin;
    }
  }
  --running_;
  --active_;
  leader_.parked_ += flight.parked;
  recycle(flight);
  pump(actions);
}

void Node::body_done(Flight& flight, Actions& actions) const {
  if (flight.sampled) flight.cpu = thread_cpu_ns() - flight.cpu;
  flight.end = actions.now = run_.metering() ? now_ns() : 1;
}

std::string exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

void Node::failed(const std::string& item, const std::string& but) {
  std::string what = name_ + ": " + item + ": " + exception_text();
  if (skips(what, but)) {
    run_.tell_skipped(what);
  } else {
    run_.fail(what);
  }
}

bool Node::skips(std::string& what, const std::string& but) {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  ++errors_;
  if (settings_.on_error != OnError::kSkip) return false;
  if (!but.empty()) {
    what += "; " + but;
    return false;
  }
  if (skipped_ >= settings_.skip_limit) {
    what += "; " + std::to_string(skipped_) + " items were skipped before it, which is the limit";
    return false;
  }
  ++skipped_;
  return true;
}

NodeSnapshot Node::snapshot(std::int64_t now) const {
  NodeSnapshot result;
  result.name = name_;
  result.kind = kind_;
  if (is_helper()) result.helps = leader_.name_;
  result.own_threads = has_own_threads();
  result.per_item = places_needed();
  result.serial = serial();
  for (const OutputBase* output : outputs_) {
    for (const QueueBase* target : output->targets()) {
      if (target != nullptr) {
        result.outputs.push_back(const_cast<QueueBase*>(target)->owner().name());
      }
    }
  }
  result.inputs.reserve(inputs_.size());
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  account(now);
  for (const QueueBase* input : inputs_) result.inputs.push_back(input->snapshot());
  result.concurrency = settings_.concurrency;
  result.order = settings_.order;
  result.fixed = settings_.fixed;
  result.active = static_cast<std::size_t>(active_);
  result.ended = ended_;
  result.items_in = items_in_;
  result.items_out = items_out_.load(std::memory_order_relaxed);
  result.errors = errors_;
  result.skipped = skipped_;
  result.metered = last_ == 0 ? 0 : last_ - run_.begin_time();
  result.busy = busy_;
  result.ready = ready_;
  result.starved = starved_;
  result.blocked = blocked_;
  result.limited = limited_;
  if (sampled_busy_ > 0) {
    result.cpu =
        static_cast<std::int64_t>(static_cast<double>(busy_) * static_cast<double>(sampled_cpu_) /
                                  static_cast<double>(sampled_busy_));
  }
  result.service = service_;
  return result;
}

std::string Node::waiting_for() const {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  if (ended_) return {};
  std::string text = name_;
  text += ':';
  if (active_ > 0) text.append(" ").append(std::to_string(active_)).append(" in the body;");
  bool any_empty = false;
  for (const QueueBase* input : inputs_) {
    text.append(" input from ").append(input->from).append(" holds ");
    text.append(std::to_string(input->depth())).append("/");
    text.append(std::to_string(input->capacity())).append(";");
    any_empty = any_empty || input->depth() == 0;
  }
  if (idle_ == Idle::kBlocked) {
    text += " waits for room in";
    for (const OutputBase* output : outputs_) {
      for (QueueBase* target : output->targets()) text.append(" ").append(target->owner().name());
    }
  } else if (idle_ == Idle::kStarved) {
    text += any_empty ? " waits for an item" : " waits for another item than these";
    for (const QueueBase* input : inputs_) {
      if (any_empty && input->depth() == 0) text.append(" from ").append(input->from);
    }
  }
  return text;
}

bool Node::ended() const {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  return ended_;
}

std::size_t Node::active() const {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(active_);
}

std::uint64_t Node::finished() const {
  const tbb::spin_mutex::scoped_lock lock(mutex_);
  return finished_ + items_in_;
}

}  // namespace forebay::detail
