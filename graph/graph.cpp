#include <forebay/graph/graph.hpp>

#include <algorithm>
#include <string>
#include <unordered_map>

#include <forebay/graph/inspect/endpoint.hpp>

namespace forebay {

void detail::connect(OutputBase& output, std::size_t branch, QueueBase& queue) {
  const std::string from = output.owner().name();
  const std::string to = queue.owner().name();
  if (output.targets()[branch] != nullptr) {
    throw Error("cannot connect " + from + " to " + to + ": " + from + " feeds " +
                output.targets()[branch]->owner().name() +
                " already; put a broadcast in between to feed both");
  }
  if (queue.producer != nullptr) {
    throw Error("cannot connect " + from + " to " + to + ": " + queue.from +
                " feeds it already; join the two first");
  }
  output.connect(branch, queue);
  queue.producer = &output.owner();
  queue.from = from;
}

void detail::connect_back(OutputBase& output, std::size_t branch, QueueBase& queue,
                          std::size_t first) {
  if (first == 0) throw Error("a feedback edge without first items can never start");
  const std::string edge =
      "the feedback edge from " + output.owner().name() + " to " + queue.owner().name();
  if (first > queue.capacity()) {
    throw Error(edge + " has " + std::to_string(first) + " first items but " +
                std::to_string(queue.capacity()) + " places; raise " + queue.owner().name() +
                ".queue");
  }
  if (output.owner().by_key()) {
    throw Error(edge +
                " comes from a join by key, which sends in the order of its matches; put a " +
                "reorder in between");
  }
  output.owner().keep_order(edge);
  connect(output, branch, queue);
  queue.close_cycle(first);
}

void detail::check_helper(const std::string& name, const Node& leader, const OutputBase& output) {
  const std::string helps = name + " cannot help " + leader.name() + ": ";
  if (&output.owner() != &leader) throw Error(helps + "it helps one node, not several in a row");
  if (leader.kind() != "transform") throw Error(helps + "that is no transform");
  if (leader.settings().fixed) throw Error(helps + "that relies on its order");
}

std::size_t detail::positive(const std::string& node, const char* what, std::size_t number) {
  if (number == 0) throw Error(node + " has 0 " + what + "; give 1 or more");
  return number;
}

namespace {

// Depth-first search over the edges that are not feedback.
class CycleSearch {
 public:
  void visit(const detail::Node& node) {
    State& state = states_[&node];
    if (state == State::kDone) return;
    if (state == State::kOpen) {
      throw Error("the cycle " + path_from(node) +
                  " has no first items and can never start; close it with Graph::feedback");
    }
    state = State::kOpen;
    path_.push_back(&node);
    for (const detail::OutputBase* output : node.outputs()) {
      for (detail::QueueBase* target : output->targets()) {
        if (!target->feedback()) visit(target->owner());
      }
    }
    path_.pop_back();
    states_[&node] = State::kDone;
  }

 private:
  enum class State { kNew, kOpen, kDone };

  std::string path_from(const detail::Node& first) const {
    std::string text;
    for (auto it = std::find(path_.begin(), path_.end(), &first); it != path_.end(); ++it) {
      text += (*it)->name() + " -> ";
    }
    return text + first.name();
  }

  std::unordered_map<const detail::Node*, State> states_;
  std::vector<const detail::Node*> path_;
};

void check_ends(const detail::Node& node) {
  for (const detail::QueueBase* input : node.inputs()) {
    if (input->producer == nullptr) {
      throw Error(node.name() + " has an input that nothing feeds; connect it with >>");
    }
  }
  const auto closes_a_cycle = [](const detail::QueueBase* input) { return input->feedback(); };
  const auto& inputs = node.inputs();
  if (!inputs.empty() && std::all_of(inputs.begin(), inputs.end(), closes_a_cycle)) {
    throw Error(node.name() +
                " takes only what comes back to it, so it could never end; let the cycle begin at "
                "a join with the stream that enters it");
  }
  if (node.by_key() && std::any_of(inputs.begin(), inputs.end(), closes_a_cycle)) {
    throw Error(node.name() +
                " joins by key, so what comes back to it has no order; let the cycle begin at a "
                "join without keys");
  }
  for (const detail::OutputBase* output : node.outputs()) {
    for (detail::QueueBase* target : output->targets()) {
      if (target == nullptr) {
        throw Error(node.name() + " has an output that leads nowhere; connect it with >>");
      }
      const std::size_t places = target->owner().settings().queue;
      if (places < node.places_needed()) {
        throw Error(target->owner().name() + ".queue is " + std::to_string(places) + "; " +
                    node.name() + " sends " + std::to_string(node.places_needed()) +
                    " items at once; give that or more");
      }
    }
  }
}

void check_serial(const detail::Node& node, const NodeSettings& settings) {
  if (node.serial() && settings.concurrency != 1) {
    throw Error(node.name() + ".concurrency is " + std::to_string(settings.concurrency) +
                "; this kind of node works on one item at a time; give 1");
  }
}

}  // namespace

Graph::Graph(std::string name, GraphOptions options)
    : run_(std::make_unique<detail::Run>(std::move(name), std::move(options))) {}

Graph::~Graph() = default;

void Graph::keep(std::unique_ptr<detail::Node> node) {
  for (const auto& other : nodes_) {
    if (other->name() == node->name()) {
      throw Error("graph '" + name() + "' has two nodes named '" + node->name() + "'");
    }
  }
  check_serial(*node, node->settings());
  nodes_.push_back(std::move(node));
}

void Graph::check() const {
  if (has_run_) throw Error("graph '" + name() + "' has run already; build it anew");
  if (nodes_.empty()) throw Error("graph '" + name() + "' has no nodes");
  for (const auto& node : nodes_) check_ends(*node);
  CycleSearch search;
  for (const auto& node : nodes_) search.visit(*node);
}

GraphSnapshot Graph::run() {
  check();
  has_run_ = true;
  std::vector<detail::Node*> nodes;
  for (const auto& node : nodes_) nodes.push_back(node.get());
  const detail::Registration registration(
      {name(), [this] { return snapshot(); },
       [this](std::string_view path, std::string_view value) { set(path, value); },
       [this](const std::string& holder, double seconds) { return trace(holder, seconds); }});
  run_->execute(std::move(nodes));
  return snapshot();
}

void Graph::cancel() { run_->stop(); }

bool Graph::cancelled() const { return run_->stopping(); }

detail::Node& Graph::find(std::string_view wanted) const {
  std::string known;
  for (const auto& node : nodes_) {
    if (node->name() == wanted) return *node;
    known += (known.empty() ? "" : ", ") + node->name();
  }
  throw Error("graph '" + name() + "' has no node '" + std::string(wanted) + "'; it has " + known);
}

bool Graph::has(std::string_view wanted) const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [&](const auto& node) { return node->name() == wanted; });
}

void Graph::set(std::string_view path, std::string_view value) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) {
    throw Error("'" + std::string(path) +
                "' is not a setting; give node.setting, as in "
                "decode.concurrency");
  }
  detail::Node& node = find(path.substr(0, dot));
  const std::lock_guard lock(setting_);
  NodeSettings settings = node.settings();
  const NodeSettings before = settings;
  set_by_name(node.name(), settings, path.substr(dot + 1), value);
  if (node.is_helper() && path.substr(dot + 1).starts_with("queue")) {
    const std::string owner = node.inputs()[0]->owner().name();
    throw Error(node.name() + " takes from the queue of " + owner + "; change that");
  }
  check_serial(node, settings);
  const bool relied_on =
      settings.concurrency != before.concurrency || settings.order != before.order;
  if (settings.run_on != before.run_on || (before.fixed && relied_on)) {
    throw Error(std::string(path) + " is fixed when the node is made");
  }
  for (detail::QueueBase* input : node.inputs()) {
    if (&input->owner() != &node) continue;  // a helper's, whose own `queue` means nothing
    if (settings.queue < input->first()) {
      throw Error(std::string(path) + " is " + std::string(value) + "; the cycle from " +
                  input->from + " begins with " + std::to_string(input->first()) + " items");
    }
    if (input->producer != nullptr && settings.queue < input->producer->places_needed()) {
      throw Error(std::string(path) + " is " + std::string(value) + "; " + input->from + " sends " +
                  std::to_string(input->producer->places_needed()) + " items at once");
    }
  }
  run_->change(node, settings);
}

NodeSettings Graph::settings(std::string_view node) const { return find(node).settings(); }

GraphSnapshot Graph::snapshot() const {
  GraphSnapshot result;
  result.name = name();
  result.time = detail::now_ns();
  result.elapsed = run_->started() ? result.time - run_->begin_time() : 0;
  result.threads = static_cast<std::size_t>(run_->threads());
  for (const auto& node : nodes_) result.nodes.push_back(node->snapshot(result.time));
  return result;
}

Trace Graph::trace(const std::string& holder, double seconds) {
  if (!run_->metering()) throw Error("graph '" + name() + "' measures no times to trace");
  Trace result;
  result.graph = name();
  for (const auto& node : nodes_) result.nodes.push_back(node->traced());
  run_->tracer().take(holder, detail::now_ns() + static_cast<std::int64_t>(seconds * 1e9), result);
  return result;
}

const std::string& Graph::name() const { return run_->name(); }

}  // namespace forebay
