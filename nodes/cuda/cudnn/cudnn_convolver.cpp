#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/graphs.hpp>
#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {
namespace {

namespace fe = cudnn_frontend;

constexpr std::int64_t kPlansTimed = 8;

using Pointers = std::unordered_map<std::int64_t, void*>;

/// Of all tensors; a graph takes those that it has.
Pointers pointers(const ConvolutionArrays& at, std::int64_t in_channels) {
  const auto read = [](const void* array) { return const_cast<void*>(array); };
  const InputNorm& norm = at.norm;
  Pointers all{{kInputUid, read(at.x)},
               {kWeightsUid, read(at.w)},
               {kOutputGradientUid, read(at.dy)},
               {kOutputUid, at.out},
               {kSumUid, at.sums.sum},
               {kSquaresUid, at.sums.squares},
               {kScaleUid, read(norm.scale)},
               {kShiftUid, read(norm.shift)},
               {kMeanUid, read(norm.mean)},
               {kInverseDeviationUid, read(norm.inverse_deviation)},
               {kGammaUid, read(norm.gamma)},
               {kBetaUid, read(norm.beta)},
               {kGammaGradientUid, norm.gamma_gradient},
               {kBetaGradientUid, norm.beta_gradient}};
  for (int i = 0; i < 3 && norm.rest != nullptr; ++i) {
    all.emplace(kRestUid + i, norm.rest + i * in_channels);
  }
  return all;
}

std::string text_of(const Convolution& c) {
  return fmt::format("a convolution of {} images of {}x{}x{} by {} filters of {}x{}", c.rows,
                     c.in_channels, c.height, c.width, c.out_channels, c.kernel, c.kernel);
}

[[noreturn]] void refuse(const GpuId& gpu, const Convolution& convolution, std::string_view why) {
  throw Error(fmt::format("{}: cuDNN {} cannot run {}: {}", gpu.text(), cudnn_version(),
                          text_of(convolution), why));
}

}  // namespace

struct CudnnConvolver::Handle {
  explicit Handle(const GpuId& gpu) {
    use(gpu);
    const cudnnStatus_t status = cudnnCreate(&cudnn);
    if (status != CUDNN_STATUS_SUCCESS) {
      throw Error(fmt::format("{}: cuDNN {} cannot be used: {}", gpu.text(), cudnn_version(),
                              cudnnGetErrorString(status)));
    }
  }
  ~Handle() {
    if (!gpu_hangs()) cudnnDestroy(cudnn);  // which waits for the GPU
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  cudnnHandle_t cudnn = nullptr;
};

/// A graph with the plan that it runs as, or why it has none.
struct CudnnConvolver::Ready {
  std::shared_ptr<fe::graph::Graph> graph = {};
  std::int64_t plan = -1;
  std::int64_t workspace = 0;
  std::optional<float> milliseconds = {};  // where it was timed
  std::string why_not = {};
};

CudnnConvolver::CudnnConvolver(GpuId gpu)
    : gpu_(std::move(gpu)),
      handle_(std::make_unique<Handle>(gpu_)),
      choices_(plan_choices_path(gpu_.name, cudnn_version())) {}

CudnnConvolver::~CudnnConvolver() = default;

CudnnConvolver::Ready& CudnnConvolver::find(const Key& key) {
  const auto found = ready_.find(key);
  if (found != ready_.end()) return found->second;
  Ready made;
  made.why_not = make(made, key);
  return ready_.emplace(key, std::move(made)).first->second;
}

CudnnConvolver::Ready& CudnnConvolver::ready(const Key& key) {
  Ready& found = find(key);
  if (!found.why_not.empty()) refuse(gpu_, std::get<Convolution>(key), found.why_not);
  return found;
}

std::string CudnnConvolver::make(Ready& ready, const Key& key) {
  const auto& [convolution, kind, type] = key;
  ready.graph = make_graph(convolution, kind, type, nullptr);
  const auto heuristics = {fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK};
  fe::error_t status = ready.graph->validate();
  if (status.is_good()) status = ready.graph->build_operation_graph(handle_->cudnn);
  if (status.is_good()) status = ready.graph->create_execution_plans(heuristics);
  if (status.is_bad()) return status.get_message();
  ready.graph->deselect_workspace_greater_than(std::int64_t{kMostWorkspace});
  const std::string chosen = choices_.find(convolution, kind, type);
  if (!chosen.empty()) choose_by_name(ready, chosen);
  if (ready.plan < 0) return choose_by_time(ready, key);
  status = ready.graph->get_workspace_size_plan_at_index(ready.plan, ready.workspace);
  return status.is_bad() ? status.get_message() : "";
}

void CudnnConvolver::choose_by_name(Ready& ready, const std::string& plan) const {
  for (std::int64_t i = 0; i < ready.graph->get_execution_plan_count(); ++i) {
    std::string name;
    if (ready.graph->get_plan_name_at_index(i, name).is_bad() || name != plan) continue;
    if (ready.graph->build_plan_at_index(i).is_good()) ready.plan = i;
    return;
  }
}

std::string CudnnConvolver::choose_by_time(Ready& ready, const Key& key) {
  const auto& [convolution, kind, type] = key;
  std::vector<std::pair<std::int64_t, std::int64_t>> built;  // with their workspaces
  std::int64_t workspace = 0;
  const std::int64_t count = ready.graph->get_execution_plan_count();
  for (std::int64_t i = 0; i < count && std::ssize(built) < kPlansTimed; ++i) {
    std::int64_t bytes = 0;
    if (ready.graph->build_plan_at_index(i).is_bad()) continue;
    if (ready.graph->get_workspace_size_plan_at_index(i, bytes).is_bad()) continue;
    built.emplace_back(i, bytes);
    workspace = std::max(workspace, bytes);
  }
  GpuTimer timer(gpu_, convolution, type, static_cast<std::size_t>(workspace));
  for (const auto& [plan, bytes] : built) {
    const auto time = time_plan(timer, ready, plan, convolution);
    if (!time || (ready.milliseconds && *time >= *ready.milliseconds)) continue;
    ready.milliseconds = time;
    ready.plan = plan;
    ready.workspace = bytes;
  }
  std::string name;
  if (ready.plan < 0) return fmt::format("none of its {} plans runs; take another version", count);
  const auto status = ready.graph->get_plan_name_at_index(ready.plan, name);
  if (status.is_good()) choices_.add(convolution, kind, type, name);
  return "";
}

std::optional<float> CudnnConvolver::time_plan(GpuTimer& timer, const Ready& ready,
                                               std::int64_t plan, const Convolution& convolution) {
  Pointers at = pointers(timer.arrays(), convolution.in_channels);
  cudnnSetStream(handle_->cudnn, timer.stream());
  return timer.milliseconds([&] {
    return ready.graph->execute_plan_at_index(handle_->cudnn, at, timer.arrays().workspace, plan)
        .is_good();
  });
}

float CudnnConvolver::milliseconds(const Key& key) {
  const auto& [convolution, kind, type] = key;
  Ready& graph = ready(key);
  if (!graph.milliseconds) {  // its plan was chosen by another process
    GpuTimer timer(gpu_, convolution, type, static_cast<std::size_t>(graph.workspace));
    graph.milliseconds = time_plan(timer, graph, graph.plan, convolution);
  }
  if (!graph.milliseconds) refuse(gpu_, convolution, "its plan fails");
  return *graph.milliseconds;
}

// What takes the place of a fusion: other graphs, and passes of the batch norms.
float CudnnConvolver::milliseconds_unfused(const Convolution& convolution, Fusion fusion,
                                           ValueType type) {
  const auto time = [&](ConvolutionGraph graph) {
    return milliseconds({convolution, graph, type});
  };
  const bool normalises = fusion == Fusion::kNormalised;
  const bool sums = normalises && why_not_fused(convolution, Fusion::kSums, type).empty();
  const float forward =
      sums ? time(ConvolutionGraph::kForwardSums)
           : time(ConvolutionGraph::kForward) + time_norm(gpu_, convolution, Fusion::kSums, type);
  if (!normalises) return forward;
  return forward + time_norm(gpu_, convolution, Fusion::kNormalised, type) +
         time(ConvolutionGraph::kInputGradient) + time(ConvolutionGraph::kWeightGradient);
}

std::string CudnnConvolver::why_not_fused(const Convolution& convolution, Fusion fusion,
                                          ValueType type) {
  const auto known = choices_.why_not_fused(convolution, fusion, type);
  if (known && !known->empty()) return *known;
  use(gpu_);
  std::string why = why_no_plans(convolution, fusion, type);
  if (known && why.empty()) return "";
  if (why.empty()) why = why_slower(convolution, fusion, type);
  choices_.add(convolution, fusion, type, why);
  return why;
}

// Also of a fusion that was chosen before: what made its plans may have changed.
std::string CudnnConvolver::why_no_plans(const Convolution& convolution, Fusion fusion,
                                         ValueType type) {
  for (ConvolutionGraph graph : graphs_of(fusion)) {
    const Ready& found = find({convolution, graph, type});
    if (!found.why_not.empty()) return found.why_not;
  }
  return "";
}

std::string CudnnConvolver::why_slower(const Convolution& convolution, Fusion fusion,
                                       ValueType type) {
  float fused = 0;
  for (ConvolutionGraph graph : graphs_of(fusion)) {
    fused += milliseconds({convolution, graph, type});
  }
  const float unfused = milliseconds_unfused(convolution, fusion, type);
  return fused < unfused ? "" : fmt::format("{:.3f} ms fused, {:.3f} ms not", fused, unfused);
}

std::size_t CudnnConvolver::workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                                            ValueType type) {
  use(gpu_);
  return static_cast<std::size_t>(ready({convolution, graph, type}).workspace);
}

void CudnnConvolver::run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                         const ConvolutionArrays& arrays, cudaStream_t stream) {
  const Ready& plan = ready({convolution, graph, type});
  Pointers at = pointers(arrays, convolution.in_channels);
  cudnnSetStream(handle_->cudnn, stream);
  auto status = plan.graph->execute_plan_at_index(handle_->cudnn, at, arrays.workspace, plan.plan);
  if (status.is_bad()) refuse(gpu_, convolution, status.get_message());
}

std::string cudnn_version() {
  const std::size_t version = cudnnGetVersion();  // 91900 for 9.19.0
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace forebay::cuda
