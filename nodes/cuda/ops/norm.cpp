#include <forebay/nodes/cuda/ops/norm.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <forebay/nodes/cuda/kernels/fused_norm.hpp>

namespace forebay::cuda {
namespace {

// Arrays of floats that a norm keeps: its own, the sums of the convolution before, and what the one
// behind reads and writes.
constexpr std::size_t kOwn = 6, kSums = 2, kBehind = 7;

}  // namespace

// A thread sums one part of the rows of eight channels.
Parts norm_parts(Index rows, Index channels) {
  constexpr Index kThreads = 1 << 17, kFewest = 16, kMost = 512;
  const Index parts = std::max<Index>(1, kThreads / (channels / kPack));
  return {rows, std::clamp((rows + parts - 1) / parts, kFewest, kMost)};
}

template <class Value>
Norm<Value>::Norm(int input, int other, int output, float floor, NormPlaces places,
                  const SharedBuffers& shared, NormShare& share)
    : Op(places.indices),
      input_(input),
      other_(other),
      output_(output),
      floor_(floor),
      places_(std::move(places)),
      shared_(shared),
      share_(share) {
  share_.input = input;
}

/// Arrays of sums by channel: of all rows, after those of parts and groups where it sums by itself.
template <class Value>
std::size_t Norm<Value>::lines(bool given) const {
  return given ? 1 : std::size_t{parts_.count()} + parts_.grouped(members_).count() + 1;
}

template <class Value>
void Norm<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  channels_ = static_cast<Index>(output.channels());
  pixels_ = static_cast<Index>(planner.rows * output.pixels());
  parts_ = norm_parts(pixels_, channels_);
  members_ = static_cast<Index>(std::ceil(std::sqrt(parts_.count())));
  if (!share_.sums_given || !share_.applied_behind) planner.read(planner.tensor(input_).value);
  if (adds()) planner.read(planner.tensor(other_).value);
  kept_ = planner.keep_floats((kOwn + kSums + kBehind) * channels_);
  if (share_.applied_behind) {
    lent_ = planner.keep(2 * std::size_t{channels_} * sizeof(Value));
  } else {
    output.value = planner.write_values<Value>(std::size_t{pixels_} * channels_);
  }
  moments_buffer_ = planner.write_values<Moments>(lines(share_.sums_given) * channels_);
}

template <class Value>
void Norm<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  const Tensor& output = planner.tensor(output_);
  planner.read(input.value);
  gradient_.plan(planner, output, adds() ? 2 : 1);
  if (adds()) {
    planner.read(output.value);
    masked_buffer_ = planner.write_values<Value>(std::size_t{pixels_} * channels_);
    planner.tensor(other_).gradients.push_back(masked_buffer_);
  }
  input_gradient_ = planner.write_values<Value>(std::size_t{pixels_} * channels_);
  input.gradients.push_back(input_gradient_);
  sums_buffer_ = planner.write_values<GradientSums>(lines(share_.applied_behind) * channels_);
}

template <class Value>
void Norm<Value>::bind(const Arena& arena, const Planner& planner) {
  const auto value = [&](int tensor) { return arena.values<Value>(planner.tensor(tensor).value); };
  x_ = value(input_);
  if (adds()) added_ = value(other_);
  if (!share_.applied_behind) y_ = value(output_);
  gamma_ = arena.floats(shared_.parameters) + places_.gamma;
  beta_ = arena.floats(shared_.parameters) + places_.beta;
  gamma_gradient_ = arena.floats(shared_.gradients) + places_.gamma;
  beta_gradient_ = arena.floats(shared_.gradients) + places_.beta;
  running_mean_ = arena.floats(shared_.statistics) + places_.running_mean;
  running_variance_ = arena.floats(shared_.statistics) + places_.running_variance;
  loss_scale_ = arena.values<LossScale>(shared_.loss_scale);
  moments_ = arena.values<Moments>(moments_buffer_);
  all_moments_ = moments_ + (lines(share_.sums_given) - 1) * channels_;
  sums_ = arena.values<GradientSums>(sums_buffer_);
  all_sums_ = sums_ + (lines(share_.applied_behind) - 1) * channels_;
  gradient_.bind(arena);
  if (adds()) masked_ = arena.values<Value>(masked_buffer_);
  dx_ = arena.values<Value>(input_gradient_);
  bind_kept(arena);
}

template <class Value>
void Norm<Value>::bind_kept(const Arena& arena) {
  float* next = arena.floats(kept_);
  const auto take = [&next, this](std::size_t arrays = 1) {
    return std::exchange(next, next + arrays * channels_);
  };
  for (float** array : {&mean_, &inverse_deviation_, &scale_, &shift_, &slope_, &offset_}) {
    *array = take();
  }
  share_.sums = {.sum = take(), .squares = take()};
  if (!share_.applied_behind) return;
  lent_gamma_ = take();
  lent_beta_ = take();
  lent_scale_ = arena.values<Value>(lent_);
  lent_shift_ = lent_scale_ + channels_;
  share_.norm = {.scale = lent_scale_,
                 .shift = lent_shift_,
                 .mean = mean_,
                 .inverse_deviation = inverse_deviation_,
                 .gamma = lent_gamma_,
                 .beta = lent_beta_,
                 .gamma_gradient = take(),
                 .beta_gradient = take(),
                 .rest = take(3)};
}

template <class Value>
NormChannels Norm<Value>::arrays() const {
  return {gamma_, beta_, running_mean_, running_variance_, mean_, inverse_deviation_,
          scale_, shift_};
}

template <class Value>
void Norm<Value>::sum_moments(const Pass& pass) {
  const Parts groups = parts_.grouped(members_);
  Moments* const of_groups = moments_ + std::size_t{parts_.count()} * channels_;
  const SumMoments<Value> sum{x_, parts_, channels_, moments_};
  launch(sum, sum.count(), pass.stream);
  const MergeMoments merge{moments_, parts_, members_, channels_, of_groups};
  launch(merge, merge.count(), pass.stream);
  launch(MergeMoments{of_groups, groups, groups.count(), channels_, all_moments_}, channels_,
         pass.stream);
}

template <class Value>
void Norm<Value>::use_batch_statistics(const Pass& pass) {
  if (share_.sums_given) {
    launch(MomentsOfSums{share_.sums.sum, share_.sums.squares, pixels_, all_moments_}, channels_,
           pass.stream);
  } else {
    sum_moments(pass);
  }
  launch(UseBatchStatistics{all_moments_, pixels_, arrays()}, channels_, pass.stream);
}

template <class Value>
void Norm<Value>::forward(const Pass& pass) {
  if (pass.mode == Mode::kTraining) {
    use_batch_statistics(pass);
  } else {
    launch(UseRunningStatistics{arrays()}, channels_, pass.stream);
  }
  if (share_.applied_behind) {
    launch(LendNorm<Value>{arrays(), lent_scale_, lent_shift_, lent_gamma_, lent_beta_}, channels_,
           pass.stream);
  } else {
    launch(Normalise<Value>{x_, channels_, scale_, shift_, added_, floor_, y_}, packs(),
           pass.stream);
  }
}

template <class Value>
void Norm<Value>::sum_gradients(const Value* g, float floor, const Pass& pass) {
  const Index groups = parts_.grouped(members_).count();
  GradientSums* const of_groups = sums_ + std::size_t{parts_.count()} * channels_;
  const SumGradients<Value> sum{x_, g, parts_, channels_, scale_, shift_, mean_, floor, sums_};
  launch(sum, sum.count(), pass.stream);
  const MergeGradients merge{sums_, parts_.count(), members_, channels_, of_groups};
  launch(merge, merge.count(), pass.stream);
  launch(MergeGradients{of_groups, groups, groups, channels_, all_sums_}, channels_, pass.stream);
}

template <class Value>
void Norm<Value>::backward(const Pass& pass) {
  gather(gradient_, pass);
  const Value* g = gradient_.first();
  float floor = floor_;
  if (adds()) {  // what was added to needs its gradient masked as well; once is enough
    launch(MaskGradient<Value>{g, gradient_.second(), y_, floor_, masked_}, packs(), pass.stream);
    g = masked_;
    floor = kNoFloor;
  }
  if (share_.applied_behind) {
    floor = kNoFloor;  // the gradient has passed the ReLU
    launch(GradientsOfSums{share_.norm.gamma_gradient, share_.norm.beta_gradient,
                           inverse_deviation_, all_sums_},
           channels_, pass.stream);
  } else {
    sum_gradients(g, floor, pass);
  }
  launch(
      FinishGradients{all_sums_, pixels_, inverse_deviation_, scale_, &loss_scale_->inverse,
                      gamma_gradient_, beta_gradient_, slope_, offset_, &loss_scale_->overflowed},
      channels_, pass.stream);
  launch(NormaliseBackward<Value>{x_, g, channels_, scale_, shift_, mean_, slope_, offset_, floor,
                                  dx_},
         packs(), pass.stream);
}

template class Norm<float>;
template class Norm<__half>;
template class Norm<__nv_bfloat16>;

}  // namespace forebay::cuda
