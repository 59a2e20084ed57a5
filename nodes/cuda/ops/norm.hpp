#pragma once

// Batch norm with the residual add and the ReLU that follow it, by own kernels; or what
// convolutions around it leave to it.

#include <forebay/nodes/cuda/kernels/norm.hpp>
#include <forebay/nodes/cuda/ops/norm_share.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>

namespace forebay::cuda {

/// Where a batch norm's values begin in the shared arrays, in elements.
struct NormPlaces {
  std::vector<int> indices;  // in Network::parameters
  std::size_t gamma = 0, beta = 0, running_mean = 0, running_variance = 0;
};

/// The parts of `rows` (pixels of all images) that sums by channel are made of: enough for threads
/// to fill a large GPU, and long enough to be few.
Parts norm_parts(Index rows, Index channels);

/// How many parts make a group: about as many as there are groups then.
Index parts_of_group(Parts parts);

/// y = max(norm(x) [+ other], floor), as the CPU's. The channels are a multiple of kPack. What it
/// shares with the convolutions around it says what those do of it.
template <class Value>
class Norm final : public Op {
 public:
  /// `other` is -1 where nothing is added; `floor` is 0 for a ReLU, else kNoFloor. Where the norm
  /// is applied behind, nothing is added and there is a ReLU. `share` outlives this.
  Norm(int input, int other, int output, float floor, NormPlaces places,
       const SharedBuffers& shared, NormShare& share);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  bool adds() const { return other_ >= 0; }
  std::size_t lines(bool given) const;
  void bind_kept(const Arena& arena);
  NormChannels arrays() const;
  void use_batch_statistics(const Pass& pass);
  template <class Sum>
  void sum_gradients(const Sum& sum, const Pass& pass);
  void finish_gradients(const GradientSums* sums, Index groups, const Pass& pass);

  const int input_, other_, output_;
  const float floor_;
  const NormPlaces places_;
  const SharedBuffers shared_;
  NormShare& share_;

  Index pixels_ = 0, channels_ = 0;
  Parts parts_{};
  Index members_ = 1;  // parts in a group
  int kept_ = -1, lent_ = -1, moments_buffer_ = -1, sums_buffer_ = -1;
  int masked_buffer_ = -1, input_gradient_ = -1;
  OutputGradient<Value> gradient_;

  const Value *x_ = nullptr, *added_ = nullptr;
  Value *y_ = nullptr, *masked_ = nullptr, *dx_ = nullptr;
  const float *gamma_ = nullptr, *beta_ = nullptr;
  float *gamma_gradient_ = nullptr, *beta_gradient_ = nullptr;
  float *running_mean_ = nullptr, *running_variance_ = nullptr;
  float *mean_ = nullptr, *inverse_deviation_ = nullptr, *scale_ = nullptr, *shift_ = nullptr;
  float *slope_ = nullptr, *offset_ = nullptr;
  Value *lent_scale_ = nullptr, *lent_shift_ = nullptr;  // where the norm is applied behind
  float *lent_gamma_ = nullptr, *lent_beta_ = nullptr;   // likewise
  LossScale* loss_scale_ = nullptr;
  Moments *moments_ = nullptr, *group_moments_ = nullptr;  // of parts, or where given of all rows
  GradientSums *sums_ = nullptr, *group_sums_ = nullptr;   // likewise
};

}  // namespace forebay::cuda
