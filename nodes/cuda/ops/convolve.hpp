#pragma once

// Convolutions, and linear layers as convolutions of images of one pixel.

#include <optional>

#include <forebay/nodes/cuda/kernels/weights.hpp>
#include <forebay/nodes/cuda/ops/norm_share.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>

namespace forebay::cuda {

/// Where a layer's parameters begin in the shared arrays, in elements.
struct WeightPlaces {
  std::vector<int> indices;  // in Network::parameters
  std::size_t weight = 0;
  std::optional<std::size_t> bias;
};

/// The tensors that a layer is between, and the batch norms that it does part of the work of; null
/// where it does none.
struct ConvolutionPlace {
  int input = -1, output = -1;
  const NormShare* before = nullptr;  // then `input` is that one's output, and is not stored
  const NormShare* behind = nullptr;  // wherever there is one before
};

/// A layer with a weight, and maybe a bias, which fused layers do not have. Keeps a copy of the
/// weight in cuDNN's layout and in the type that is computed with.
template <class Value>
class Convolve final : public Op {
 public:
  /// `type` is stored as `Value`s, and `shape` is the weight's. `convolver` and the norms' shares
  /// outlive this.
  Convolve(const Convolution& convolution, ValueType type, WeightShape shape,
           ConvolutionPlace place, WeightPlaces places, const SharedBuffers& shared,
           Convolver& convolver);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;
  void load(const Pass& pass) override;

 private:
  ConvolutionGraph forward_graph() const;
  ConvolutionGraph input_gradient_graph() const;
  ConvolutionGraph weight_gradient_graph() const;
  int stored_input() const {
    return place_.before != nullptr ? place_.before->input : place_.input;
  }
  void run(ConvolutionGraph graph, ConvolutionArrays arrays, const Pass& pass);

  const Convolution convolution_;
  const ValueType type_;
  const WeightShape shape_;
  const ConvolutionPlace place_;
  const WeightPlaces places_;
  const SharedBuffers shared_;
  Convolver& convolver_;

  std::size_t outputs_ = 0;  // values
  int packed_buffer_ = -1, forward_workspace_ = -1;
  int packed_gradient_buffer_ = -1, input_gradient_ = -1, backward_workspace_ = -1;
  OutputGradient<Value> gradient_;

  const Value* x_ = nullptr;
  Value *y_ = nullptr, *dx_ = nullptr, *packed_ = nullptr, *packed_gradient_ = nullptr;
  const float *weight_ = nullptr, *bias_ = nullptr;
  float *weight_gradient_ = nullptr, *bias_gradient_ = nullptr;
  LossScale* scale_ = nullptr;
  void *forward_scratch_ = nullptr, *backward_scratch_ = nullptr;
};

}  // namespace forebay::cuda
