#include <forebay/graph/simulate/engine.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr int kDropBits = 7;  // a drop rate is exact to 1/128

}  // namespace

Engine::Engine(const Model& model, const SimulateOptions& options)
    : model_(model),
      seed_(options.seed),
      meters_(options.meters),
      cores_(model.cores),
      nodes_(model.nodes.size()) {
  if (!(model.cores > 0)) throw Error("the model of graph '" + model.name + "' has no cores");
  free_threads_ = std::max<std::size_t>(1, model.threads);
  const std::vector<std::size_t> order = model.downstream_order();
  for (std::size_t i = 0; i < order.size(); ++i) nodes_[order[i]].rank = i;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].model = &model.nodes[i];
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      nodes_[i].inputs.push_back(windows_.size());
      nodes_[queue.from].outputs.push_back(windows_.size());
      windows_.emplace_back(queue, i);
    }
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    State& node = nodes_[i];
    node.leader = node.model->helps.value_or(i);
    if (node.leader == i) continue;
    nodes_[node.leader].helpers.push_back(i);
    node.inputs = nodes_[node.leader].inputs;
    node.outputs = nodes_[node.leader].outputs;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) look_at(i);
}

bool Engine::run_until(std::size_t node, std::uint64_t count) {
  settle();
  while (nodes_[node].finished < count) {
    if (!step()) return false;
    settle();
  }
  return true;
}

GraphSnapshot Engine::snapshot() {
  GraphSnapshot result;
  result.name = model_.name;
  result.time = result.elapsed = static_cast<std::int64_t>(now_);
  for (State& node : nodes_) {
    account(node);
    result.nodes.push_back(snapshot_of(node));
  }
  return result;
}

// --- events ---

bool Engine::step() {
  const double waited = waits_.empty() ? kNever : waits_.top().at;
  const double computed = cores_.next();
  if (waited == kNever && computed == kNever) return false;
  if (waited <= computed) {
    now_ = waited;
    const std::size_t flight = waits_.top().flight;
    waits_.pop();
    compute(flight);
  } else {
    now_ = computed;
    part_done(cores_.finish(now_));
  }
  return true;
}

// Lets nodes start what they can, and the pool's workers take what has started.
void Engine::settle() {
  for (;;) {
    if (!to_look_at_.empty()) {
      const std::size_t node = to_look_at_.back();
      to_look_at_.pop_back();
      nodes_[node].queued = false;
      start_items(node);
    } else if (free_threads_ > 0 && !for_pool_.empty()) {
      const std::size_t flight = for_pool_.top().flight;
      for_pool_.pop();
      --free_threads_;
      begin_body(flight);
    } else {
      return;
    }
  }
}

void Engine::look_at(std::size_t node) {
  if (std::exchange(nodes_[node].queued, true)) return;
  to_look_at_.push_back(node);
}

// A node after those that help it, so that it is looked at before them.
void Engine::look_at_all(std::size_t leader) {
  for (const std::size_t helper : nodes_[leader].helpers) look_at(helper);
  look_at(leader);
}

// --- a node's choice ---

Engine::Found Engine::at_head(std::size_t window, std::uint64_t position) const {
  if (windows_[window].has_item(position)) return {Found::What::kItem, position};
  if (windows_[window].has_hole(position)) return {Found::What::kHole, position};
  return {};
}

Engine::Found Engine::find(const State& node) {
  switch (node.model->passing) {
    case Passing::kSource:
      return node.active > 0 ? Found{} : Found{Found::What::kItem, node.next_in};
    case Passing::kCollect:
    case Passing::kSpread:
      if (node.active > 0 || node.to_spread > 0) return {};
      return at_head(node.inputs[0], windows_[node.inputs[0]].head());
    case Passing::kJoin:
      return find_joined(node);
    case Passing::kEach:
    case Passing::kEmit:
      break;
  }
  Window& input = windows_[node.inputs[0]];
  if (node.model->in_order) return at_head(node.inputs[0], input.head());
  const std::optional<std::uint64_t> earliest = input.earliest();
  return earliest ? at_head(node.inputs[0], *earliest) : Found{};
}

Engine::Found Engine::find_joined(const State& node) const {
  Found found;
  bool hole = false;
  for (const std::size_t w : node.inputs) {
    const Window& input = windows_[w];
    if (input.feedback()) continue;
    const Found there = at_head(w, input.head());
    if (there.what == Found::What::kNothing) return {};
    hole = hole || there.what == Found::What::kHole;
    found = {hole ? Found::What::kHole : Found::What::kItem, input.head()};
  }
  for (const std::size_t w : node.inputs) {
    if (!hole && !windows_[w].has_item(windows_[w].head())) return {};
  }
  return found;
}

// The first place that an item needs in the queues the node feeds, and the last.
std::uint64_t Engine::first_place(const State& node, std::uint64_t position) const {
  return node.renumbers() ? node.next_out : position * node.model->places;
}

std::uint64_t Engine::last_place(const State& node, std::uint64_t position) const {
  return first_place(node, position) + (node.renumbers() ? 0 : node.model->places - 1);
}

bool Engine::admitted(const State& node, std::uint64_t place) const {
  for (const std::size_t w : node.outputs) {
    if (!windows_[w].admits(place)) return false;
  }
  return true;
}

std::size_t Engine::idle_workers(const State& node) const {
  const State& leader = nodes_[node.leader];
  std::size_t idle = leader.model->concurrency - leader.active;
  for (const std::size_t helper : leader.helpers) {
    idle += nodes_[helper].model->concurrency - nodes_[helper].active;
  }
  return idle;
}

// What waits for bytes keeps its worker, except from the item that bytes are kept for.
bool Engine::has_worker(const State& node, const Found& found) const {
  return parked(node) == 0 || found.what == Found::What::kHole ||
         parked(node) < idle_workers(node) ||
         windows_[node.outputs[0]].awaits(first_place(node, found.position));
}

void Engine::start_items(std::size_t index) {
  State& node = nodes_[index];
  account(node);
  spread(node);
  node.idle = Idle::kNo;
  while (node.active < node.model->concurrency) {
    const Found found = find(node);
    if (found.what == Found::What::kNothing) {
      node.idle = node.to_spread + parked(node) > 0 ? Idle::kBlocked : Idle::kStarved;
      return;
    }
    if (!admitted(node, last_place(node, found.position)) || !has_worker(node, found)) {
      node.idle = Idle::kBlocked;
      return;
    }
    take(node, found.position, found.what == Found::What::kHole);
    if (found.what == Found::What::kHole) {
      if (!node.renumbers()) send_holes(node, found.position, 0);
    } else {
      launch(index, found.position);
    }
  }
}

void Engine::take(State& node, std::uint64_t position, bool hole) {
  for (const std::size_t w : node.inputs) {
    if (hole && windows_[w].feedback()) continue;
    account(nodes_[windows_[w].owner()]);
    const bool joined = node.model->passing == Passing::kJoin;
    const std::size_t parked = windows_[w].parked();
    const bool moved = windows_[w].release(joined ? windows_[w].head() : position);
    nodes_[windows_[w].from()].parked -= parked - windows_[w].parked();
    if (moved || windows_[w].parked() < parked) look_at_all(windows_[w].from());
  }
}

// --- an item's life ---

void Engine::launch(std::size_t index, std::uint64_t position) {
  State& node = nodes_[index];
  ++node.active;
  ++node.items_in;
  if (node.model->passing == Passing::kSource) ++node.next_in;
  const std::size_t id = new_flight();
  Flight& flight = flights_[id];
  flight = {.node = index, .position = position};
  if (node.model->passing == Passing::kEmit) {
    flight.parts = static_cast<std::size_t>(std::max(1.0, node.model->per_item));
  }
  const double time = node.model->service.at(position, seed_ * 1000003 + index);
  flight.computes = time * node.model->cpu_share;
  flight.waits = time - flight.computes;
  if (node.model->own_threads) {
    begin_body(id);
  } else {
    for_pool_.push({node.rank, order_++, id});
  }
}

void Engine::begin_body(std::size_t id) {
  State& node = nodes_[flights_[id].node];
  account(node);
  ++node.running;
  flights_[id].begin = now_;
  begin_part(id);
}

void Engine::begin_part(std::size_t id) {
  const Flight& flight = flights_[id];
  if (flight.waits > 0) {
    waits_.push({now_ + flight.waits * share_of_part(flight), order_++, id});
  } else {
    compute(id);
  }
}

void Engine::compute(std::size_t id) {
  const Flight& flight = flights_[id];
  cores_.add(now_, flight.computes * share_of_part(flight), id);
}

double Engine::share_of_part(const Flight& flight) const {
  const std::vector<double>& sends = nodes_[flight.node].model->sends;
  if (sends.size() != flight.parts) return 1 / static_cast<double>(flight.parts);
  return sends[flight.part] - (flight.part > 0 ? sends[flight.part - 1] : 0);
}

void Engine::part_done(std::size_t id) {
  Flight& flight = flights_[id];
  State& node = nodes_[flight.node];
  ++flight.part;
  if (node.model->passing == Passing::kEmit) {
    send(node, flight.position * node.model->places + flight.part - 1, false);
  }
  if (flight.part < flight.parts) {
    begin_part(id);
  } else {
    finish(flight, node);
    free_flights_.push_back(id);
  }
}

void Engine::finish(const Flight& flight, State& node) {
  account(node);
  ++node.finished;
  if (meters_) node.service.record(static_cast<std::int64_t>(now_ - flight.begin));
  node.cpu += flight.computes;
  --node.running;
  --node.active;
  if (!node.model->own_threads) ++free_threads_;
  pass_on(flight, node);
  look_at(flight.node);
}

void Engine::pass_on(const Flight& flight, State& node) {
  switch (node.model->passing) {
    case Passing::kSource:
      return send(node, node.next_out++, false);
    case Passing::kJoin:
      return send(node, flight.position, false);
    case Passing::kEach:
      return send(node, flight.position, dropped(node, flight));
    case Passing::kEmit:
      return send_holes(node, flight.position, flight.parts);
    case Passing::kCollect:
      node.collected += node.model->per_item;
      if (node.collected > 1 - 1e-9) {
        node.collected -= 1;
        send(node, node.next_out++, false);
      }
      return;
    case Passing::kSpread:
      node.spread_owed += node.model->per_item;
      node.to_spread += static_cast<std::size_t>(node.spread_owed);
      node.spread_owed -= std::floor(node.spread_owed);
      return spread(node);
  }
}

bool Engine::dropped(const State& node, const Flight& flight) const {
  if (node.model->per_item >= 1) return false;
  const std::uint64_t draw = shuffled(flight.position, ~seed_ * 1000003 + flight.node, kDropBits);
  return static_cast<double>(draw) >= node.model->per_item * (1 << kDropBits);
}

void Engine::spread(State& node) {
  while (node.to_spread > 0 && node.parked == 0 && admitted(node, node.next_out)) {
    --node.to_spread;
    send(node, node.next_out++, false);
  }
}

void Engine::send(State& node, std::uint64_t position, bool hole) {
  if (!hole) ++node.items_out;
  for (const std::size_t w : node.outputs) {
    account(nodes_[windows_[w].owner()]);
    nodes_[node.leader].parked -= windows_[w].parked();
    windows_[w].put(position, hole);
    nodes_[node.leader].parked += windows_[w].parked();
    look_at_all(windows_[w].owner());
  }
}

void Engine::send_holes(State& node, std::uint64_t position, std::size_t from) {
  for (std::size_t i = from; i < node.model->places; ++i) {
    send(node, position * node.model->places + i, true);
  }
}

std::size_t Engine::new_flight() {
  if (free_flights_.empty()) {
    flights_.emplace_back();
    return flights_.size() - 1;
  }
  const std::size_t id = free_flights_.back();
  free_flights_.pop_back();
  return id;
}

// --- meters ---

void Engine::account(State& node) {
  if (!meters_) return;
  const double dt = now_ - node.last;
  if (dt <= 0) return;
  node.last = now_;
  node.busy += dt * static_cast<double>(node.running);
  node.ready += dt * static_cast<double>(node.active - node.running);
  const double idle = static_cast<double>(node.model->concurrency - node.active);
  if (idle > 0) {
    (node.idle == Idle::kBlocked ? node.blocked : node.starved) += dt * idle;
  } else if (std::any_of(node.inputs.begin(), node.inputs.end(),
                         [&](std::size_t w) { return windows_[w].depth() > 0; })) {
    node.limited += dt;
  }
  for (const std::size_t w : node.inputs) {
    if (&nodes_[windows_[w].owner()] == &node) windows_[w].account(dt);
  }
}

NodeSnapshot Engine::snapshot_of(const State& node) const {
  const auto ns = [](double time) { return static_cast<std::int64_t>(time); };
  NodeSnapshot result;
  result.name = node.model->name;
  result.kind = node.model->kind;
  if (node.model->helps) result.helps = model_.nodes[*node.model->helps].name;
  for (const std::size_t w : node.inputs) {
    result.inputs.push_back(windows_[w].snapshot(model_));
  }
  for (const std::size_t w : node.outputs) {
    result.outputs.push_back(model_.nodes[windows_[w].owner()].name);
  }
  result.concurrency = node.model->concurrency;
  result.per_item = node.model->places;
  result.order = node.model->in_order ? Order::kInOrder : Order::kAny;
  result.serial = node.model->serial;
  result.fixed = node.model->fixed;
  result.active = node.active;
  result.own_threads = node.model->own_threads;
  result.items_in = node.items_in;
  result.items_out = node.outputs.empty() ? node.finished : node.items_out;
  result.metered = ns(now_);
  result.busy = ns(node.busy);
  result.ready = ns(node.ready);
  result.starved = ns(node.starved);
  result.blocked = ns(node.blocked);
  result.limited = ns(node.limited);
  result.cpu = ns(node.cpu);
  result.service = node.service;
  return result;
}

}  // namespace forebay::detail
