#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/gpu_timer.hpp>
#include <forebay/nodes/cuda/cudnn/graphs.hpp>
#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {
namespace {

namespace fe = cudnn_frontend;

using Pointers = std::array<void*, kUidsEnd>;  // by uid

/// Of all tensors; a graph takes those that it has.
Pointers pointers(const ConvolutionArrays& at, std::int64_t in_channels) {
  const auto read = [](const void* array) { return const_cast<void*>(array); };
  const InputNorm& norm = at.norm;
  Pointers all{};
  all[kInputUid] = read(at.x);
  all[kWeightsUid] = read(at.w);
  all[kOutputGradientUid] = read(at.dy);
  all[kOutputUid] = at.out;
  all[kSumUid] = at.sums.sum;
  all[kSquaresUid] = at.sums.squares;
  all[kScaleUid] = read(norm.scale);
  all[kShiftUid] = read(norm.shift);
  all[kMeanUid] = read(norm.mean);
  all[kInverseDeviationUid] = read(norm.inverse_deviation);
  all[kGammaUid] = read(norm.gamma);
  all[kBetaUid] = read(norm.beta);
  all[kGammaGradientUid] = norm.gamma_gradient;
  all[kBetaGradientUid] = norm.beta_gradient;
  for (std::size_t i = 0; i < 3 && norm.rest != nullptr; ++i) {
    all[kRestUid + i] = norm.rest + i * static_cast<std::size_t>(in_channels);
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

class Handle {
 public:
  explicit Handle(const GpuId& gpu) {
    use(gpu);
    const cudnnStatus_t status = cudnnCreate(&cudnn_);
    if (status != CUDNN_STATUS_SUCCESS) {
      throw Error(fmt::format("{}: cuDNN {} cannot be used: {}", gpu.text(), cudnn_version(),
                              cudnnGetErrorString(status)));
    }
  }
  ~Handle() {
    if (!gpu_hangs()) cudnnDestroy(cudnn_);  // which waits for the GPU
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  cudnnHandle_t get() const { return cudnn_; }

 private:
  cudnnHandle_t cudnn_ = nullptr;
};

class CudnnPlans final : public GraphPlans {
 public:
  CudnnPlans(const GraphKey& key, cudnnHandle_t cudnn)
      : in_channels_(std::get<Convolution>(key).in_channels),
        type_(std::get<ValueType>(key)),
        cudnn_(cudnn) {
    const auto& [convolution, kind, type] = key;
    graph_ = make_graph(convolution, kind, type, nullptr);
  }

  /// Why there are none.
  std::string create() {
    fe::error_t status = graph_->validate();
    if (status.is_good()) status = graph_->build_operation_graph(cudnn_);
    if (status.is_good()) {
      status = graph_->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK});
    }
    if (status.is_bad()) return status.get_message();
    restrict_plans(*graph_, type_);
    return "";
  }

  std::int64_t count() const override { return graph_->get_execution_plan_count(); }

  std::string name(std::int64_t plan) const override {
    std::string name;
    return graph_->get_plan_name_at_index(plan, name).is_good() ? name : "";
  }

  std::optional<std::size_t> build(std::int64_t plan) override {
    std::int64_t bytes = 0;
    if (graph_->build_plan_at_index(plan).is_bad()) return std::nullopt;
    if (graph_->get_workspace_size_plan_at_index(plan, bytes).is_bad()) return std::nullopt;
    if (graph_->prepare_variant_pack_template().is_bad()) return std::nullopt;
    uids_ = graph_->get_variant_pack_uids_sorted();
    return static_cast<std::size_t>(bytes);
  }

  std::string run(std::int64_t plan, const ConvolutionArrays& arrays,
                  cudaStream_t stream) const override {
    const Pointers all = pointers(arrays, in_channels_);
    Pointers taken;
    std::ranges::transform(uids_, taken.begin(),
                           [&](std::int64_t uid) { return all.at(static_cast<std::size_t>(uid)); });
    cudnnSetStream(cudnn_, stream);
    auto status = graph_->execute_plan_at_index(
        cudnn_, taken.data(), static_cast<int>(uids_.size()), arrays.workspace, plan);
    return status.is_good() ? "" : status.get_message();
  }

 private:
  const std::int64_t in_channels_;
  const ValueType type_;
  const cudnnHandle_t cudnn_;
  std::shared_ptr<fe::graph::Graph> graph_;
  std::vector<std::int64_t>
      uids_;  // of the graph's tensors, as cudnn-frontend takes their pointers
};

class CudnnPlanSource final : public PlanSource {
 public:
  explicit CudnnPlanSource(GpuId gpu) : gpu_(std::move(gpu)), handle_(gpu_) {}

  FoundPlans find(const GraphKey& key) override {
    auto plans = std::make_unique<CudnnPlans>(key, handle_.get());
    std::string why_not = plans->create();
    if (!why_not.empty()) return {.why_not = std::move(why_not)};
    return {.plans = std::move(plans)};
  }

  std::vector<std::optional<float>> time(const GraphKey& key, const GraphPlans& plans,
                                         std::span<const BuiltPlan> built) override {
    std::size_t workspace = 0;
    for (const BuiltPlan& plan : built) workspace = std::max(workspace, plan.workspace_bytes);
    GpuTimer timer(gpu_, std::get<Convolution>(key), std::get<ValueType>(key), workspace);
    std::vector<std::optional<float>> times;
    for (const BuiltPlan& plan : built) {
      times.push_back(timer.milliseconds(
          [&] { return plans.run(plan.number, timer.arrays(), timer.stream()).empty(); }));
    }
    return times;
  }

  float time_norm(const Convolution& convolution, Fusion fusion, ValueType type) override {
    return cuda::time_norm(gpu_, convolution, fusion, type);
  }

 private:
  const GpuId gpu_;
  const Handle handle_;
};

}  // namespace

CudnnConvolver::CudnnConvolver(GpuId gpu)
    : gpu_(std::move(gpu)),
      chooser_(std::make_unique<CudnnPlanSource>(gpu_),
               PlanChoices(plan_choices_path(gpu_.name, cudnn_version()))) {}

const ChosenPlan& CudnnConvolver::ready(const Convolution& convolution, ConvolutionGraph graph,
                                        ValueType type) {
  const ChosenPlan& found = chooser_.find({convolution, graph, type});
  if (!found.why_not.empty()) refuse(gpu_, convolution, found.why_not);
  return found;
}

std::string CudnnConvolver::why_not_fused(const Convolution& convolution, Fusion fusion,
                                          ValueType type) {
  use(gpu_);
  return chooser_.why_not_fused(convolution, fusion, type);
}

std::size_t CudnnConvolver::workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                                            ValueType type) {
  use(gpu_);
  return ready(convolution, graph, type).plan.workspace_bytes;
}

void CudnnConvolver::run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                         const ConvolutionArrays& arrays, cudaStream_t stream) {
  const std::string why_not = chooser_.run({convolution, graph, type}, arrays, stream);
  if (!why_not.empty()) refuse(gpu_, convolution, why_not);
}

std::string cudnn_version() {
  const std::size_t version = cudnnGetVersion();  // 91900 for 9.19.0
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace forebay::cuda
