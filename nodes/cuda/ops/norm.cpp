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

Index parts_of_group(Parts parts) {
  return static_cast<Index>(std::ceil(std::sqrt(parts.count())));
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

/// Arrays of sums by channel: of all rows, or of parts and then of groups where it sums by itself.
template <class Value>
std::size_t Norm<Value>::lines(bool given) const {
  return given ? 1 : std::size_t{parts_.count()} + parts_.grouped(members_).count();
}

template <class Value>
void Norm<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  channels_ = static_cast<Index>(output.channels());
  pixels_ = static_cast<Index>(planner.rows * output.pixels());
  parts_ = norm_parts(pixels_, channels_);
  members_ = parts_of_group(parts_);
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
  if (!share_.sums_given) group_moments_ = moments_ + std::size_t{parts_.count()} * channels_;
  sums_ = arena.values<GradientSums>(sums_buffer_);
  if (!share_.applied_behind) group_sums_ = sums_ + std::size_t{parts_.count()} * channels_;
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
void Norm<Value>::use_batch_statistics(const Pass& pass) {
  const auto use = [&](const Moments* groups, Parts of) {
    launch(UseBatchStatistics{groups, of, channels_, arrays()}, channels_, pass.stream);
  };
  if (share_.sums_given) {
    launch(MomentsOfSums{share_.sums.sum, share_.sums.squares, pixels_, moments_}, channels_,
           pass.stream);
    return use(moments_, {pixels_, pixels_});
  }
  const SumMoments<Value> sum{x_, parts_, channels_, moments_};
  launch(sum, sum.count(), pass.stream);
  const MergeMoments merge{moments_, parts_, members_, channels_, group_moments_};
  launch(merge, merge.count(), pass.stream);
  use(group_moments_, parts_.grouped(members_));
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
    const Normalise<Value> normalise{x_, pixels_, channels_, scale_, shift_, added_, floor_, y_};
    launch(normalise, normalise.count(), pass.stream);
  }
}

/// By parts, then by groups of them.
template <class Value>
template <class Sum>
void Norm<Value>::sum_gradients(const Sum& sum, const Pass& pass) {
  launch(sum, sum.count(), pass.stream);
  const MergeGradients merge{sums_, parts_.count(), members_, channels_, group_sums_};
  launch(merge, merge.count(), pass.stream);
  finish_gradients(group_sums_, parts_.grouped(members_).count(), pass);
}

template <class Value>
void Norm<Value>::finish_gradients(const GradientSums* sums, Index groups, const Pass& pass) {
  launch(FinishGradients{sums, groups, channels_, pixels_, inverse_deviation_, scale_,
                         &loss_scale_->inverse, gamma_gradient_, beta_gradient_, slope_, offset_,
                         &loss_scale_->overflowed},
         channels_, pass.stream);
}

template <class Value>
void Norm<Value>::backward(const Pass& pass) {
  gather(gradient_, pass);
  const Value* g = gradient_.first();
  float floor = kNoFloor;  // of a gradient that has passed the ReLU
  if (share_.applied_behind) {
    launch(GradientsOfSums{share_.norm.gamma_gradient, share_.norm.beta_gradient,
                           inverse_deviation_, sums_},
           channels_, pass.stream);
    finish_gradients(sums_, 1, pass);
  } else if (adds()) {  // what was added to needs its gradient masked as well
    sum_gradients(SumMaskedGradients<Value>{x_, g, gradient_.second(), y_, parts_, channels_, mean_,
                                            floor_, masked_, sums_},
                  pass);
    g = masked_;
  } else {
    floor = floor_;
    sum_gradients(
        SumGradients<Value>{x_, g, parts_, channels_, scale_, shift_, mean_, floor, sums_}, pass);
  }
  const NormaliseBackward<Value> backward{x_,    g,      pixels_, channels_, scale_, shift_,
                                          mean_, slope_, offset_, floor,     dx_};
  launch(backward, backward.count(), pass.stream);
}

template class Norm<float>;
template class Norm<__half>;
template class Norm<__nv_bfloat16>;

}  // namespace forebay::cuda
