#include <stdexcept>
#include <string>

#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/cuda/step.hpp>

namespace forebay {
namespace cuda {
namespace {

/// Stands for all that cuDNN may choose: nothing needs more memory.
class LargestConvolver final : public Convolver {
 public:
  std::string why_not_fused(const Convolution&, Fusion, ValueType) override { return "unknown"; }
  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return kMostWorkspace;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const ConvolutionArrays&,
           cudaStream_t) override {
    throw std::logic_error("a plan for memory alone cannot run");
  }
};

}  // namespace
}  // namespace cuda

std::size_t cuda_replica_bytes(const Network& network, const ReplicaOptions& options) {
  cuda::LargestConvolver convolver;
  return cuda::plan_step(network, cuda::step_options(options), convolver).bytes;
}

}  // namespace forebay
