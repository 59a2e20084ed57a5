#include <forebay/graph/run.hpp>

#include <time.h>

#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

#include <tbb/info.h>

#include <forebay/graph/error.hpp>
#include <forebay/graph/hand_over.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/graph/node.hpp>

namespace forebay::detail {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{500};

// The run whose pool the calling thread works for, while it settles; null at all other times. In a
// body it is null too: what is spawned there could be taken up by a wait inside that body.
thread_local const Run* pool_of_this_thread = nullptr;

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t thread_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

Run::Run(std::string name, GraphOptions options)
    : name_(std::move(name)), options_(std::move(options)) {
  threads_ = options_.threads > 0 ? options_.threads : usable_threads();
  if (threads_ > tbb::info::default_concurrency()) {
    more_threads_.emplace(tbb::global_control::max_allowed_parallelism,
                          static_cast<std::size_t>(threads_));
  }
  arena_ = std::make_unique<tbb::task_arena>(threads_, /*reserved_for_masters=*/1);
  arena_->execute([this] { flow_ = std::make_unique<tbb::flow::graph>(); });
}

Run::~Run() = default;

void Run::execute(std::vector<Node*> nodes) {
  nodes_ = std::move(nodes);
  live_ = nodes_.size();
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) nodes_[i]->set_number(i);
  begin_ = now_ns();
  ++working_;  // until all nodes have been woken
  {
    const std::jthread watchdog = start_watchdog();
    arena_->execute([this] { run_until_ended(); });
  }
  for (Node* node : nodes_) node->join_threads();
  if (error_) throw Error(*error_);
}

void Run::run_until_ended() {
  flow_->reserve_wait();  // until the last node has ended
  started_.store(true);   // pairs with `stop`: it sees this, or the nodes see that they must stop
  for (Node* node : nodes_) {
    Actions actions;
    node->wake(actions);
    settle(actions, Keep::kNone);
  }
  --working_;
  flow_->wait_for_all();
  taken_over(this);
}

std::jthread Run::start_watchdog() {
  try {
    return std::jthread([this](const std::stop_token& ended) { watch(ended); });
  } catch (const std::system_error& error) {
    throw Error("graph '" + name_ + "' cannot start the thread of its watchdog: " +
                error.code().message() + "; raise the limit of threads");
  }
}

void Run::change(Node& node, const NodeSettings& settings) {
  ++working_;  // the watchdog must not look while what this makes possible is known here alone
  Actions actions;
  node.change(settings, actions);
  settle(actions, Keep::kNone);
  --working_;
}

void Run::stop() {
  if (stopping_.exchange(true)) return;
  if (!started()) return;
  for (Node* node : nodes_) {
    Actions actions;
    node->wake(actions);
    settle(actions, Keep::kNone);
  }
}

void Run::note_failure(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = what;
}

void Run::fail(const std::string& what) {
  note_failure(what);
  stop();
}

void Run::tell_skipped(const std::string& what) {
  if (!options_.on_skip) return;
  try {
    const std::lock_guard lock(telling_);
    // Isolated: a wait inside could take up a body of this graph, which might come here as well.
    tbb::this_task_arena::isolate([&] { options_.on_skip(what); });
  } catch (...) {
    fail("on_skip: " + exception_text());
  }
}

void Run::node_ended() {
  handed_over(this);
  if (live_.fetch_sub(1) == 1) flow_->release_wait();
}

Flight* Run::settle(Actions& actions, Keep keep, const Node* own) {
  for (std::size_t i = 0; i < actions.events.size(); ++i) {
    const Event event = actions.events[i];
    switch (event.kind) {
      case Event::Kind::kWake:
        event.node->wake(actions);
        break;
      case Event::Kind::kUnpark:
        event.node->unpark(actions);
        break;
      case Event::Kind::kHole:
        event.queue->owner().receive_hole(*event.queue, event.sequence, actions);
        break;
      case Event::Kind::kEnd:
        event.queue->owner().receive_end(*event.queue, event.sequence, actions);
        break;
      case Event::Kind::kStop:
        stop();
        break;
    }
  }
  actions.events.clear();

  Flight* kept = nullptr;
  for (std::size_t i = 0; i < actions.flights.size() && keep != Keep::kNone; ++i) {
    const Node* node = actions.flights[i]->node;
    if (keep == Keep::kOwn ? node != own : node->has_own_threads()) continue;
    kept = actions.flights[i];
    break;
  }
  // Launched last, a flight is taken first by this thread: so go from the least urgent.
  for (std::size_t i = actions.flights.size(); i-- > 0;) {
    Flight* flight = actions.flights[i];
    if (flight != kept) flight->node->launch(*flight);
  }
  actions.flights.clear();
  return kept;
}

// A depth changes when a body has ended, so the worker that ended one looks at them, now and then.
void Run::trace_depths() {
  const std::int64_t now = now_ns();
  if (!tracer_.claims_sample(now)) return;
  for (const Node* node : nodes_) node->trace_depths(tracer_, now);
}

// `go_on` settles what a flight left to do and gives the one to continue with.
template <typename GoOn>
void Run::run_chain(Flight* flight, const GoOn& go_on) {
  ++working_;
  while (flight != nullptr) {
    Actions actions;
    flight->node->run_flight(*flight, actions);
    flight = go_on(actions);
    if (actions.traced) trace_depths();
  }
  --working_;
}

void Run::work_on(Flight* flight) {
  taken_over(flight);
  run_chain(flight, [this](Actions& actions) {
    pool_of_this_thread = this;
    Flight* next = settle(actions, Keep::kPool);
    pool_of_this_thread = nullptr;
    return next;
  });
  handed_over(this);
}

void Run::work_on_own(Flight* flight, const Node& node) {
  run_chain(flight, [&](Actions& actions) { return settle(actions, Keep::kOwn, &node); });
}

void Run::submit(tbb::flow::function_node<Flight*>& task, Flight* flight) {
  handed_over(flight);
  if (pool_of_this_thread == this) {
    task.try_put(flight);
  } else {
    // A thread from outside would have to wait for a slot of the arena; this does not.
    arena_->enqueue(PutTask{&task, flight});
  }
}

void Run::watch(const std::stop_token& ended) {
  std::uint64_t finished_before = 0;
  bool quiet_before = false;
  std::int64_t last_progress = now_ns();
  bool said = false;
  std::unique_lock lock(mutex_);
  const auto has_ended = [&] { return ended.stop_requested(); };
  while (!watchdog_wakes_.wait_for(lock, ended, kWatchInterval, has_ended)) {
    lock.unlock();
    const std::uint64_t before = finished_before;
    if (stuck(finished_before, quiet_before)) {
      fail("graph '" + name_ + "' makes no progress: every node waits for another\n" + waiting());
    }
    if (finished_before != before) {
      last_progress = now_ns();
      said = false;
    }
    const double still = static_cast<double>(now_ns() - last_progress) * 1e-9;
    if (still >= options_.stall_after && !said) {
      said = true;
      report_stall(still);
    }
    lock.lock();
  }
}

void Run::report_stall(double seconds) {
  char duration[32];
  std::snprintf(duration, sizeof duration, "%.0f s", seconds);
  const std::string text =
      "graph '" + name_ + "': no item was finished for " + duration + "\n" + waiting();
  if (options_.on_stall) {
    try {
      options_.on_stall(text);
    } catch (...) {
      fail("on_stall: " + exception_text());
    }
  } else {
    std::fputs(text.c_str(), stderr);
  }
}

// No thread at work twice in a row, and nothing happened in between: nobody is left to move.
bool Run::stuck(std::uint64_t& finished_before, bool& quiet_before) const {
  std::uint64_t finished = 0;
  bool quiet = !stopping() && working_ == 0;
  bool all_ended = true;
  for (const Node* node : nodes_) {
    finished += node->finished();
    quiet = quiet && node->active() == 0;
    all_ended = all_ended && node->ended();
  }
  const bool result = quiet && quiet_before && finished == finished_before && !all_ended;
  finished_before = finished;
  quiet_before = quiet;
  return result;
}

std::string Run::waiting() const {
  std::string text;
  for (const Node* node : nodes_) {
    const std::string line = node->waiting_for();
    if (!line.empty()) text += "  " + line + "\n";
  }
  return text;
}

}  // namespace forebay::detail
