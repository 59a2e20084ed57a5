#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/graphs.hpp>
#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>

namespace forebay::cuda {
namespace {

namespace fe = cudnn_frontend;

constexpr std::int64_t kPlansTimed = 8, kRunsTimed = 5;
constexpr std::int64_t kMostWorkspace = std::int64_t{512} << 20;

using Pointers = std::unordered_map<std::int64_t, void*>;

Pointers pointers(ConvolutionGraph graph, void* first, void* second, void* out) {
  switch (graph) {
    case ConvolutionGraph::kForward:
      return {{kInputUid, first}, {kWeightsUid, second}, {kOutputUid, out}};
    case ConvolutionGraph::kInputGradient:
      return {{kOutputGradientUid, first}, {kWeightsUid, second}, {kOutputUid, out}};
    case ConvolutionGraph::kWeightGradient:
      return {{kOutputGradientUid, first}, {kInputUid, second}, {kOutputUid, out}};
    default:
      throw Error("a graph of a convolution with several outputs cannot be run yet");
  }
}

std::string text_of(const Convolution& c) {
  return fmt::format("a convolution of {} images of {}x{}x{} by {} filters of {}x{}", c.rows,
                     c.in_channels, c.height, c.width, c.out_channels, c.kernel, c.kernel);
}

void want_good(fe::error_t status, const GpuId& gpu, const Convolution& convolution) {
  if (status.is_good()) return;
  throw Error(fmt::format("{}: cuDNN {} cannot run {}: {}", gpu.text(), cudnn_version(),
                          text_of(convolution), status.get_message()));
}

/// Bytes of the largest of its three tensors, with room up to the next place that may hold one.
std::size_t largest_tensor(const Convolution& c, ValueType type) {
  const auto out = [&c](std::int64_t size) {
    return (size + 2 * c.padding - c.kernel) / c.stride + 1;
  };
  const std::int64_t values = std::max({c.rows * c.height * c.width * c.in_channels,
                                        c.rows * out(c.height) * out(c.width) * c.out_channels,
                                        c.out_channels * c.kernel * c.kernel * c.in_channels});
  constexpr std::size_t kAlignment = 256;
  const std::size_t bytes =
      static_cast<std::size_t>(values) * (type == ValueType::kFloat32 ? 4 : 2);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
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
  ~Handle() { cudnnDestroy(cudnn); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  cudnnHandle_t cudnn = nullptr;
};

/// A graph with the plan that it runs as.
struct CudnnConvolver::Ready {
  std::shared_ptr<fe::graph::Graph> graph;
  std::int64_t plan = -1;
  std::int64_t workspace = 0;
};

CudnnConvolver::CudnnConvolver(GpuId gpu)
    : gpu_(std::move(gpu)),
      handle_(std::make_unique<Handle>(gpu_)),
      choices_(plan_choices_path(gpu_.name, cudnn_version())) {}

CudnnConvolver::~CudnnConvolver() = default;

CudnnConvolver::Ready& CudnnConvolver::ready(const Key& key) {
  const auto found = ready_.find(key);
  return found != ready_.end() ? found->second : ready_.emplace(key, make(key)).first->second;
}

CudnnConvolver::Ready CudnnConvolver::make(const Key& key) {
  const auto& [convolution, kind, type] = key;
  Ready ready{.graph = make_graph(convolution, kind, type, nullptr)};
  const auto heuristics = {fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK};
  fe::error_t status = ready.graph->validate();
  if (status.is_good()) status = ready.graph->build_operation_graph(handle_->cudnn);
  if (status.is_good()) status = ready.graph->create_execution_plans(heuristics);
  want_good(std::move(status), gpu_, convolution);
  ready.graph->deselect_workspace_greater_than(kMostWorkspace);
  const std::string chosen = choices_.find(convolution, kind, type);
  if (!chosen.empty()) choose_by_name(ready, chosen);
  if (ready.plan < 0) choose_by_time(ready, key);
  want_good(ready.graph->get_workspace_size_plan_at_index(ready.plan, ready.workspace), gpu_,
            convolution);
  return ready;
}

void CudnnConvolver::choose_by_name(Ready& ready, const std::string& plan) const {
  for (std::int64_t i = 0; i < ready.graph->get_execution_plan_count(); ++i) {
    std::string name;
    if (ready.graph->get_plan_name_at_index(i, name).is_bad() || name != plan) continue;
    if (ready.graph->build_plan_at_index(i).is_good()) ready.plan = i;
    return;
  }
}

/// Times plans of one graph on its GPU.
class PlanTimer {
 public:
  PlanTimer(const GpuId& gpu, cudnnHandle_t cudnn, const fe::graph::Graph& graph,
            const Convolution& convolution, ConvolutionGraph kind, ValueType type,
            std::size_t workspace)
      : cudnn_(cudnn),
        graph_(graph),
        tensor_(largest_tensor(convolution, type)),
        memory_(gpu.number, 3 * tensor_ + workspace),
        stream_(gpu) {
    pointers_ =
        pointers(kind, memory_.data(), memory_.data() + tensor_, memory_.data() + 2 * tensor_);
    cudnnSetStream(cudnn_, stream_.get());
    cudaEventCreate(&begin_);
    cudaEventCreate(&end_);
    cudaMemsetAsync(memory_.data(), 0, 3 * tensor_, stream_.get());
  }
  ~PlanTimer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  PlanTimer(const PlanTimer&) = delete;
  PlanTimer& operator=(const PlanTimer&) = delete;

  /// The fastest of a few runs after one that is not timed; none where the plan fails.
  std::optional<float> milliseconds(std::int64_t plan) {
    float fastest = std::numeric_limits<float>::infinity();
    for (std::int64_t run = 0; run <= kRunsTimed; ++run) {
      float time = 0;
      cudaEventRecord(begin_, stream_.get());
      const auto status =
          graph_.execute_plan_at_index(cudnn_, pointers_, memory_.data() + 3 * tensor_, plan);
      cudaEventRecord(end_, stream_.get());
      const bool done = cudaEventSynchronize(end_) == cudaSuccess;
      if (status.is_bad() || !done) return std::nullopt;
      cudaEventElapsedTime(&time, begin_, end_);
      if (run > 0) fastest = std::min(fastest, time);
    }
    return fastest;
  }

 private:
  cudnnHandle_t cudnn_;
  const fe::graph::Graph& graph_;
  std::size_t tensor_;
  GpuMemory memory_;
  Stream stream_;
  Pointers pointers_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

void CudnnConvolver::choose_by_time(Ready& ready, const Key& key) {
  const auto& [convolution, kind, type] = key;
  std::vector<std::int64_t> built;
  std::int64_t workspace = 0;
  const std::int64_t count = ready.graph->get_execution_plan_count();
  for (std::int64_t i = 0; i < count && std::ssize(built) < kPlansTimed; ++i) {
    std::int64_t bytes = 0;
    if (ready.graph->build_plan_at_index(i).is_bad()) continue;
    if (ready.graph->get_workspace_size_plan_at_index(i, bytes).is_bad()) continue;
    built.push_back(i);
    workspace = std::max(workspace, bytes);
  }
  float fastest = std::numeric_limits<float>::infinity();
  PlanTimer timer(gpu_, handle_->cudnn, *ready.graph, convolution, kind, type,
                  static_cast<std::size_t>(workspace));
  for (std::int64_t plan : built) {
    const std::optional<float> time = timer.milliseconds(plan);
    if (time && *time < fastest) fastest = *time, ready.plan = plan;
  }
  if (ready.plan < 0) {
    throw Error(fmt::format("{}: none of cuDNN {}'s {} plans runs {}; take another version",
                            gpu_.text(), cudnn_version(), count, text_of(convolution)));
  }
  std::string name;
  want_good(ready.graph->get_plan_name_at_index(ready.plan, name), gpu_, convolution);
  choices_.add(convolution, kind, type, name);
}

std::size_t CudnnConvolver::workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                                            ValueType type) {
  use(gpu_);
  return static_cast<std::size_t>(ready({convolution, graph, type}).workspace);
}

void CudnnConvolver::run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                         const void* first, const void* second, void* out, void* workspace,
                         cudaStream_t stream) {
  const Ready& plan = ready({convolution, graph, type});
  Pointers at = pointers(graph, const_cast<void*>(first), const_cast<void*>(second), out);
  cudnnSetStream(handle_->cudnn, stream);
  want_good(plan.graph->execute_plan_at_index(handle_->cudnn, at, workspace, plan.plan), gpu_,
            convolution);
}

std::string cudnn_version() {
  const std::size_t version = cudnnGetVersion();  // 91900 for 9.19.0
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace forebay::cuda
