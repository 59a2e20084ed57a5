#include <forebay/nodes/cpu/layers/norm.hpp>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kNewShare = 0.1;  // of the batch's statistics in the running ones
// Each part has 2 x columns sums in double and as many in float.
constexpr std::size_t kSumBytes = 2 * (sizeof(double) + sizeof(float));

/// Pixels that make one line, so that lines are as wide as vectors like them.
std::size_t pixels_of_line(std::size_t pixels, std::size_t channels) {
  constexpr std::size_t kColumns = 64;
  std::size_t count = 1;
  while (count * channels < kColumns && pixels % (2 * count) == 0) count *= 2;
  return count;
}

}  // namespace

template <class Value>
Norm<Value>::Norm(int input, int other, int output, Activation activation, ParameterPlaces places,
                  StatisticsPlaces statistics)
    : Op(places.indices),
      input_(input),
      other_(other),
      output_(output),
      places_(std::move(places)),
      statistics_(statistics),
      floor_(floor_of(activation)) {}

template <class Value>
void Norm<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  threads_ = planner.threads;
  channels_ = output.channels();
  pixels_ = planner.rows * output.pixels();
  columns_ = channels_ * pixels_of_line(pixels_, channels_);
  lines_ = pixels_ * channels_ / columns_;
  planner.read(planner.tensor(input_).value);
  if (adds()) planner.read(planner.tensor(other_).value);
  output.value = planner.write_values<Value>(pixels_ * channels_);
  kept_ = planner.keep_floats(3 * channels_ + 5 * columns_);
  sums_buffer_ = planner.write(static_cast<std::size_t>(threads_) * columns_ * kSumBytes);
}

template <class Value>
void Norm<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  const Tensor& output = planner.tensor(output_);
  planner.read(input.value);
  gradient_.plan(planner, output, adds() ? 2 : 1);
  if (adds()) {
    planner.read(output.value);
    masked_buffer_ = planner.write_values<Value>(pixels_ * channels_);
    planner.tensor(other_).gradients.push_back(masked_buffer_);
  }
  input_gradient_ = planner.write_values<Value>(pixels_ * channels_);
  input.gradients.push_back(input_gradient_);
  backward_sums_ = planner.write(static_cast<std::size_t>(threads_) * columns_ * kSumBytes);
}

template <class Value>
void Norm<Value>::bind(const Arena& arena, const Planner& planner) {
  const auto value = [&](int tensor) { return arena.values<Value>(planner.tensor(tensor).value); };
  x_ = value(input_);
  if (adds()) added_ = value(other_);
  y_ = value(output_);
  float* next = arena.floats(kept_);
  for (float** array : {&gamma_, &beta_, &inverse_deviation_}) {
    *array = next;
    next += channels_;
  }
  for (float** array : {&mean_, &scale_, &shift_, &slope_, &offset_}) {
    *array = next;
    next += columns_;
  }
  running_mean_ = arena.floats(statistics_.buffer) + statistics_.mean;
  running_variance_ = arena.floats(statistics_.buffer) + statistics_.variance;
  forward_sums_bytes_ = static_cast<std::byte*>(arena.bytes(sums_buffer_));

  gradient_.bind(arena);
  if (adds()) masked_ = arena.values<Value>(masked_buffer_);
  dx_ = arena.values<Value>(input_gradient_);
  gamma_gradient_ = arena.floats(places_.gradients) + places_.offsets[0];
  beta_gradient_ = arena.floats(places_.gradients) + places_.offsets[1];
  backward_sums_bytes_ = static_cast<std::byte*>(arena.bytes(backward_sums_));
}

template <class Value>
void Norm<Value>::load(std::size_t which, const float* parameters) {
  std::copy_n(parameters + places_.offsets[which], channels_, which == 0 ? gamma_ : beta_);
}

template <class Value>
double* Norm<Value>::sums(int part) const {
  return reinterpret_cast<double*>(sums_ + static_cast<std::size_t>(part) * columns_ * kSumBytes);
}

template <class Value>
float* Norm<Value>::scratch(int part) const {
  return reinterpret_cast<float*>(sums(part) + 2 * columns_);
}

template <class Value>
void Norm<Value>::clear_sums() {
  for (int part = 0; part < threads_; ++part) std::fill_n(sums(part), 2 * columns_, 0.0);
}

template <class Value>
double Norm<Value>::total(std::size_t i) const {
  double sum = 0;
  for (int part = 0; part < threads_; ++part) {
    for (std::size_t at = i; at < i + columns_; at += channels_) sum += sums(part)[at];
  }
  return sum;
}

template <class Value>
void Norm<Value>::forward(const Pass& pass) {
  if (pass.mode == Mode::kTraining) {
    use_batch_statistics();
  } else {
    use_running_statistics();
  }
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(lines_, part, threads_);
    const std::size_t at = range.begin * columns_;
    kernels::normalise(x_ + at, range.size(), columns_, affine(), adds() ? added_ + at : nullptr,
                       floor_, y_ + at);
  });
}

template <class Value>
void Norm<Value>::use_batch_statistics() {
  sums_ = forward_sums_bytes_;
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(lines_, part, threads_);
    kernels::moments(x_ + range.begin * columns_, range.size(), columns_, sums(part),
                     sums(part) + columns_, scratch(part));
  });
  for (int part = 1; part < threads_; ++part) {
    const Part range = part_of(lines_, part, threads_);
    if (range.size() == 0) continue;  // more threads than lines
    kernels::merge_moments(range.begin, sums(0), sums(0) + columns_, range.size(), sums(part),
                           sums(part) + columns_, columns_);
  }
  for (std::size_t at = channels_; at < columns_; at += channels_) {
    kernels::merge_moments(lines_ * at / channels_, sums(0), sums(0) + columns_, lines_,
                           sums(0) + at, sums(0) + columns_ + at, channels_);
  }
  const auto count = static_cast<double>(pixels_);
  const double unbiased = count / std::max(count - 1, 1.0);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double mean = sums(0)[c], variance = sums(0)[columns_ + c] / count;
    set_affine(c, mean, variance);
    const auto mix = [](float running, double batch) {
      return static_cast<float>((1 - kNewShare) * static_cast<double>(running) + kNewShare * batch);
    };
    running_mean_[c] = mix(running_mean_[c], mean);
    running_variance_[c] = mix(running_variance_[c], variance * unbiased);
  }
}

template <class Value>
void Norm<Value>::use_running_statistics() {
  for (std::size_t c = 0; c < channels_; ++c) {
    set_affine(c, static_cast<double>(running_mean_[c]), static_cast<double>(running_variance_[c]));
  }
}

template <class Value>
void Norm<Value>::set_affine(std::size_t channel, double mean, double variance) {
  const double inverse = 1 / std::sqrt(variance + kEpsilon);
  const double scale = static_cast<double>(gamma_[channel]) * inverse;
  inverse_deviation_[channel] = static_cast<float>(inverse);
  for (std::size_t column = channel; column < columns_; column += channels_) {
    mean_[column] = static_cast<float>(mean);
    scale_[column] = static_cast<float>(scale);
    shift_[column] = static_cast<float>(static_cast<double>(beta_[channel]) - mean * scale);
  }
}

template <class Value>
void Norm<Value>::backward(const Pass& /*pass*/) {
  gather(gradient_, threads_);
  sums_ = backward_sums_bytes_;
  clear_sums();
  for_each_part(threads_, [this](int part) { sum_gradient(part); });
  finish_gradient_sums();
  // What was added to needs its gradient masked as well, and then it need not be masked again.
  const Value* g = adds() ? masked_ : gradient_.first();
  const float floor = adds() ? kernels::kNoFloor : floor_;
  for_each_part(threads_, [this, g, floor](int part) {
    const Part range = part_of(lines_, part, threads_);
    const std::size_t at = range.begin * columns_;
    kernels::normalise_backward(x_ + at, g + at, range.size(), columns_, affine(), floor, mean_,
                                slope_, offset_, dx_ + at);
  });
}

template <class Value>
void Norm<Value>::sum_gradient(int part) {
  const Part range = part_of(lines_, part, threads_);
  if (!adds()) {
    const std::size_t at = range.begin * columns_;
    kernels::add_gradient_moments(x_ + at, gradient_.first() + at, range.size(), columns_, affine(),
                                  floor_, mean_, sums(part), scratch(part));
    return;
  }
  // A block of the masked gradient is summed while it is in the cache.
  const std::size_t block = std::max<std::size_t>(32, 16384 / columns_);
  for (std::size_t row = range.begin; row < range.end; row += block) {
    const std::size_t rows = std::min(block, range.end - row), at = row * columns_;
    const Value* second = gradient_.second() == nullptr ? nullptr : gradient_.second() + at;
    kernels::mask_gradient(gradient_.first() + at, second, y_ + at, rows * columns_, floor_,
                           masked_ + at);
    kernels::add_gradient_moments(x_ + at, masked_ + at, rows, columns_, affine(),
                                  kernels::kNoFloor, mean_, sums(part), scratch(part));
  }
}

template <class Value>
void Norm<Value>::finish_gradient_sums() {
  const auto count = static_cast<double>(pixels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const auto inverse = static_cast<double>(inverse_deviation_[c]);
    const auto scale = static_cast<double>(scale_[c]);
    const double beta_gradient = total(c), gamma_gradient = total(columns_ + c) * inverse;
    beta_gradient_[c] = static_cast<float>(beta_gradient);
    gamma_gradient_[c] = static_cast<float>(gamma_gradient);
    for (std::size_t column = c; column < columns_; column += channels_) {
      slope_[column] = static_cast<float>(-scale * inverse * gamma_gradient / count);
      offset_[column] = static_cast<float>(-scale * beta_gradient / count);
    }
  }
}

template class Norm<float>;
template class Norm<Bfloat16>;

}  // namespace forebay
