#include <forebay/nodes/cuda/cudnn/plan_chooser.hpp>

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace forebay::cuda {
namespace {

constexpr std::ptrdiff_t kPlansTimed = 8;

}  // namespace

PlanChooser::PlanChooser(std::unique_ptr<PlanSource> source, PlanChoices choices)
    : source_(std::move(source)), choices_(std::move(choices)) {}

ChosenPlan& PlanChooser::chosen(const GraphKey& key) {
  const auto known = chosen_.find(key);
  if (known != chosen_.end()) return known->second;
  FoundPlans found = source_->find(key);
  ChosenPlan graph{.plans = std::move(found.plans), .why_not = std::move(found.why_not)};
  if (graph.plans != nullptr) {
    const auto& [convolution, kind, type] = key;
    const std::string name = choices_.find(convolution, kind, type);
    if (name.empty() || !choose_by_name(graph, name)) choose_by_time(graph, key);
  }
  return chosen_.emplace(key, std::move(graph)).first->second;
}

std::string PlanChooser::run(const GraphKey& key, const ConvolutionArrays& arrays,
                             cudaStream_t stream) {
  const ChosenPlan& graph = chosen(key);
  if (!graph.why_not.empty()) return graph.why_not;
  std::string why = graph.plans->run(graph.plan.number, arrays, stream);
  const bool from_file = !graph.milliseconds;
  if (why.empty() || !from_file) return why;
  return fmt::format("{}; where that stays so, delete {}: plans are timed anew then", why,
                     choices_.path());
}

bool PlanChooser::choose_by_name(ChosenPlan& graph, const std::string& name) const {
  for (std::int64_t i = 0; i < graph.plans->count(); ++i) {
    if (graph.plans->name(i) != name) continue;
    const auto workspace = graph.plans->build(i);
    if (workspace) graph.plan = {i, *workspace};
    return workspace.has_value();
  }
  return false;
}

void PlanChooser::choose_by_time(ChosenPlan& graph, const GraphKey& key) {
  GraphPlans& plans = *graph.plans;
  std::vector<BuiltPlan> built;
  for (std::int64_t i = 0; i < plans.count() && std::ssize(built) < kPlansTimed; ++i) {
    if (const auto workspace = plans.build(i)) built.push_back({i, *workspace});
  }
  const auto times = source_->time(key, plans, built);
  for (std::size_t i = 0; i < built.size(); ++i) {
    if (!times[i] || (graph.milliseconds && *times[i] >= *graph.milliseconds)) continue;
    graph.milliseconds = times[i];
    graph.plan = built[i];
  }
  if (!graph.milliseconds) {
    graph.why_not = fmt::format("none of its {} plans runs; take another version", plans.count());
    return;
  }
  const auto& [convolution, kind, type] = key;
  std::string name = plans.name(graph.plan.number);
  if (!name.empty()) choices_.add(convolution, kind, type, std::move(name));
}

// For ever where it does not run.
float PlanChooser::milliseconds(const GraphKey& key) {
  ChosenPlan& graph = chosen(key);
  if (graph.why_not.empty() && !graph.milliseconds) {  // its plan was chosen by another process
    graph.milliseconds = source_->time(key, *graph.plans, {&graph.plan, 1}).front();
    if (!graph.milliseconds) choose_by_time(graph, key);
  }
  return graph.milliseconds.value_or(std::numeric_limits<float>::infinity());
}

// What takes the place of a fusion: other graphs, and passes of the batch norms.
float PlanChooser::milliseconds_unfused(const Convolution& convolution, Fusion fusion,
                                        ValueType type) {
  const auto time = [&](ConvolutionGraph graph) {
    return milliseconds({convolution, graph, type});
  };
  const bool normalises = fusion == Fusion::kNormalised;
  const bool sums = normalises && why_not_fused(convolution, Fusion::kSums, type).empty();
  const float forward = sums ? time(ConvolutionGraph::kForwardSums)
                             : time(ConvolutionGraph::kForward) +
                                   source_->time_norm(convolution, Fusion::kSums, type);
  if (!normalises) return forward;
  return forward + source_->time_norm(convolution, Fusion::kNormalised, type) +
         time(ConvolutionGraph::kInputGradient) + time(ConvolutionGraph::kWeightGradient);
}

std::string PlanChooser::why_not_fused(const Convolution& convolution, Fusion fusion,
                                       ValueType type) {
  const auto known = choices_.why_not_fused(convolution, fusion, type);
  if (known && !known->empty()) return *known;
  std::string why = why_no_plans(convolution, fusion, type);
  if (known && why.empty()) return "";
  if (why.empty()) why = why_slower(convolution, fusion, type);
  choices_.add(convolution, fusion, type, why);
  return why;
}

// Also of a fusion that was chosen before: what made its plans may have changed.
std::string PlanChooser::why_no_plans(const Convolution& convolution, Fusion fusion,
                                      ValueType type) {
  for (ConvolutionGraph graph : graphs_of(fusion)) {
    const ChosenPlan& found = chosen({convolution, graph, type});
    if (!found.why_not.empty()) return found.why_not;
  }
  return "";
}

// Or fails: a plan that was made need not run.
std::string PlanChooser::why_slower(const Convolution& convolution, Fusion fusion, ValueType type) {
  float fused = 0;
  for (ConvolutionGraph graph : graphs_of(fusion)) {
    fused += milliseconds({convolution, graph, type});
  }
  if (std::string why = why_no_plans(convolution, fusion, type); !why.empty()) return why;
  const float unfused = milliseconds_unfused(convolution, fusion, type);
  return fused < unfused ? "" : fmt::format("{:.3f} ms fused, {:.3f} ms not", fused, unfused);
}

}  // namespace forebay::cuda
