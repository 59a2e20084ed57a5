#pragma once

// Convolutions and linear layers, mostly through oneDNN: NHWC images, weights laid out as oneDNN
// prefers.

#include <optional>

#include <forebay/nodes/cpu/layers/patches.hpp>
#include <forebay/nodes/cpu/layers/weights_gradient.hpp>
#include <forebay/nodes/cpu/onednn.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// Where a layer's parameters lie in the flat arrays of parameters and gradients.
struct ParameterPlaces {
  std::vector<int> indices;          // in Network::parameters: weight, then bias where there is one
  std::vector<std::size_t> offsets;  // in elements
  int gradients = -1;                // the plan's buffer of all gradients
};

/// What one layer runs in its three directions.
struct WeightedKernels {
  dnnl::primitive_desc_base forward, backward_data;  // of a block's rows
  bool turns_weights = false;                        // see turned_weights.hpp
  dnnl::primitive_desc_base backward_weights;        // of all rows
  dnnl::memory::desc plain_weights;                  // torchvision's layout
  dnnl::memory::desc weights_gradient;               // as backward_weights gives it
  std::optional<Patches> patches = {};  // that backward_weights reads in place of the input
  std::optional<WeightsGradient> own_gradient = {};  // in place of backward_weights
};

/// Rows that kernels work on at once.
struct KernelRows {
  std::size_t all = 0, block = 0;
};

/// Whether a convolution's gradient of the weights, in bfloat16, is summed for one block of rows
/// after the other; if not, its kernel wants all rows.
bool sums_blocks(const Layer& layer, const ImageShape& input);

/// Kernels on `Value`s whose gradients of the weights are floats: for a convolution, or for a
/// linear layer that reads images as torchvision's flatten would give them (its weights' reorder
/// swaps NHWC for CHW).
template <class Value>
WeightedKernels convolution_kernels(const Layer& layer, const ImageShape& input, KernelRows rows);
template <class Value>
WeightedKernels linear_kernels(const Layer& layer, const ImageShape& input, KernelRows rows);

/// A layer with a weight and maybe a bias. Forward and backward-to-the-input may each prefer a
/// layout of the weights; both copies are kept, of `Value`s, and gradients, which stay floats, are
/// reordered as they are made.
template <class Value>
class Weighted final : public Op {
 public:
  /// `block` is the rows of a pass's block.
  Weighted(const Layer& layer, int input, int output, ParameterPlaces places, std::size_t block,
           const Planner& planner);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;
  void finish_backward(const Pass& pass) override;
  void load(std::size_t which, const float* parameters) override;

 private:
  bool reads_images() const { return input_ == kImages; }
  // Of backward_data.
  int dy_argument() const { return kernels_.turns_weights ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST; }
  int dx_argument() const { return kernels_.turns_weights ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC; }
  bool has_bias() const { return places_.offsets.size() > 1; }
  void bind_forward(const Arena& arena);
  void bind_backward_data(const Arena& arena);
  void bind_backward_weights(const Arena& arena);
  void add_to_weights_gradient(const Block& block);
  void copy_all_patches();

  WeightedKernels kernels_;
  int input_, output_;
  ParameterPlaces places_;
  bool own_data_weights_ = false;  // backward's weights differ in layout from forward's
  bool reorders_gradient_ = false;
  bool sums_blocks_ = false;

  // Buffers in the plan.
  int weights_ = -1, data_weights_ = -1, bias_ = -1;
  int forward_scratch_ = -1, data_scratch_ = -1, weights_scratch_ = -1;
  int input_gradient_ = -1, weights_gradient_ = -1, patches_ = -1;
  OutputGradient<Value> gradient_;

  onednn::Call forward_, backward_data_, backward_weights_;
  onednn::Call load_forward_, load_backward_, store_gradient_;
  float *bias_copy_ = nullptr, *plain_gradient_ = nullptr;
  Rows<const Value> x_, dy_;
  Rows<Value> y_, dx_;
  Value *patch_rows_ = nullptr, *data_weights_copy_ = nullptr;
  std::size_t rows_ = 0;
  int threads_ = 1;
};

}  // namespace forebay
