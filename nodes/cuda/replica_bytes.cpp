#include <stdexcept>
#include <string>
#include <utility>

#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/cuda/step.hpp>

namespace forebay {
namespace cuda {
namespace {

/// In place of cuDNN's plans, for the memory of a step alone.
class MemoryOnly final : public Convolver {
 public:
  MemoryOnly(std::size_t workspace, std::string why_not_fused)
      : workspace_(workspace), why_not_fused_(std::move(why_not_fused)) {}

  std::string why_not_fused(const Convolution&, Fusion, ValueType) override {
    return why_not_fused_;
  }
  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return workspace_;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const ConvolutionArrays&,
           cudaStream_t) override {
    throw std::logic_error("a plan for memory alone cannot run");
  }

 private:
  std::size_t workspace_;
  std::string why_not_fused_;
};

}  // namespace

std::size_t least_bytes(const Network& network, const StepOptions& options) {
  MemoryOnly convolver(0, "");
  return plan_step(network, options, convolver).bytes;
}

}  // namespace cuda

std::size_t cuda_replica_bytes(const Network& network, const ReplicaOptions& options,
                               const SgdOptions& sgd) {
  cuda::MemoryOnly convolver(cuda::kMostWorkspace, "unknown");
  return cuda::plan_step(network, cuda::step_options(options, sgd), convolver).bytes;
}

}  // namespace forebay
