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

/// Pixels that make one line, so that lines are as wide as vectors like them: two of floats, or one
/// of bfloat16.
std::size_t pixels_of_line(std::size_t pixels, std::size_t channels) {
  constexpr std::size_t kColumns = 32;
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
void Norm<Value>::plan_moments(Planner& planner) {
  const Tensor& input = planner.tensor(input_);
  threads_ = planner.threads;
  lines_seen_.resize(static_cast<std::size_t>(threads_));
  channels_ = input.channels();
  pixels_ = planner.rows * input.pixels();
  columns_ = channels_ * pixels_of_line(input.pixels(), channels_);
  lines_of_row_ = input.row_size() / columns_;
  planner.read(input.value);
  sums_buffer_ = planner.write(static_cast<std::size_t>(threads_) * columns_ * kSumBytes);
}

template <class Value>
void Norm<Value>::plan_forward(Planner& planner) {
  planner.read(planner.tensor(input_).value);
  planner.read(sums_buffer_);
  if (adds()) planner.read(planner.tensor(other_).value);
  planner.tensor(output_).value = planner.write_value_of<Value>(planner.tensor(output_));
  kept_ = planner.keep_floats(3 * channels_ + 5 * columns_);
}

template <class Value>
void Norm<Value>::plan_gradient_moments(Planner& planner) {
  const Tensor& output = planner.tensor(output_);
  planner.read(planner.tensor(input_).value);
  gradient_.plan(planner, output, adds() ? 2 : 1);
  if (adds()) {
    planner.read(output.value);
    masked_buffer_ = planner.write_values<Value>(pixels_ * channels_);
    planner.tensor(other_).gradients.push_back(masked_buffer_);
  }
  backward_sums_ = planner.write(static_cast<std::size_t>(threads_) * columns_ * kSumBytes);
}

template <class Value>
void Norm<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  planner.read(input.value);
  planner.read(backward_sums_);
  if (adds()) {
    planner.read(masked_buffer_);
  } else {
    gradient_.read(planner);
  }
  input_gradient_ = planner.write_gradient_of<Value>(input);
  input.gradients.push_back(input_gradient_);
}

template <class Value>
void Norm<Value>::plan_repeat(Planner& planner) {
  planner.read(planner.tensor(input_).value);
  planner.read(planner.tensor(output_).value);
}

template <class Value>
void Norm<Value>::bind(const Arena& arena, const Planner& planner) {
  const Tensor &input = planner.tensor(input_), &output = planner.tensor(output_);
  x_ = values_of<const Value>(input, arena);
  if (adds()) added_ = values_of<const Value>(planner.tensor(other_), arena);
  y_ = values_of<Value>(output, arena);
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
  if (adds()) masked_ = {arena.values<Value>(masked_buffer_), output.row_size()};
  g_ = adds() ? Rows<const Value>{masked_.first, masked_.size}
              : gradients_of(output, gradient_.first());
  dx_ = gradients_of(input, arena.values<Value>(input_gradient_));
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
Part Norm<Value>::lines_of(const Block& block, int part) const {
  return part_of(block.rows * lines_of_row_, part, threads_);
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
void Norm<Value>::add_moments(const Block& block) {
  sums_ = forward_sums_bytes_;
  if (block.first) std::fill(lines_seen_.begin(), lines_seen_.end(), 0);
  for_each_part(threads_, [this, &block](int part) {
    const Part lines = lines_of(block, part);
    std::size_t& seen = lines_seen_[static_cast<std::size_t>(part)];
    kernels::add_moments(seen, x_.of(block) + lines.begin * columns_, lines.size(), columns_,
                         sums(part), sums(part) + columns_, scratch(part));
    seen += lines.size();
  });
}

template <class Value>
void Norm<Value>::start_forward(const Pass& pass) {
  if (pass.mode == Mode::kTraining) {
    use_batch_statistics();
  } else {
    use_running_statistics();
  }
}

template <class Value>
void Norm<Value>::forward(const Pass& pass) {
  for_each_part(threads_, [this, &pass](int part) {
    const Part lines = lines_of(pass.block, part);
    const std::size_t at = lines.begin * columns_;
    kernels::normalise(x_.of(pass.block) + at, lines.size(), columns_, affine(),
                       adds() ? added_.of(pass.block) + at : nullptr, floor_,
                       y_.of(pass.block) + at);
  });
}

template <class Value>
void Norm<Value>::use_batch_statistics() {
  std::size_t lines = lines_seen_[0];
  for (int part = 1; part < threads_; ++part) {
    const std::size_t more = lines_seen_[static_cast<std::size_t>(part)];
    if (more == 0) continue;  // more threads than lines
    kernels::merge_moments(lines, sums(0), sums(0) + columns_, more, sums(part),
                           sums(part) + columns_, columns_);
    lines += more;
  }
  for (std::size_t at = channels_; at < columns_; at += channels_) {
    kernels::merge_moments(lines * at / channels_, sums(0), sums(0) + columns_, lines, sums(0) + at,
                           sums(0) + columns_ + at, channels_);
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
void Norm<Value>::add_gradient_moments(const Block& block) {
  gather(gradient_, block, threads_);
  sums_ = backward_sums_bytes_;
  for_each_part(threads_, [this, &block](int part) {
    if (block.first) std::fill_n(sums(part), 2 * columns_, 0.0);
    if (adds()) return mask_and_sum_gradient(block, part);
    const Part lines = lines_of(block, part);
    const std::size_t at = lines.begin * columns_;
    kernels::add_gradient_moments(x_.of(block) + at, g_.of(block) + at, lines.size(), columns_,
                                  affine(), floor_, mean_, sums(part), scratch(part));
  });
}

template <class Value>
void Norm<Value>::mask_and_sum_gradient(const Block& block, int part) {
  const Part lines = lines_of(block, part);
  const std::size_t begin = block.begin * lines_of_row_ * columns_;
  const Value* first = gradient_.first() + begin;
  const Value* second = gradient_.second() == nullptr ? nullptr : gradient_.second() + begin;
  // A few lines of the masked gradient are summed while they are in the first-level cache.
  const std::size_t most = std::max<std::size_t>(32, 16384 / columns_);
  for (std::size_t line = lines.begin; line < lines.end; line += most) {
    const std::size_t count = std::min(most, lines.end - line), at = line * columns_;
    Value* masked = masked_.of(block) + at;
    kernels::mask_gradient(first + at, second == nullptr ? nullptr : second + at, y_.of(block) + at,
                           count * columns_, floor_, masked);
    kernels::add_gradient_moments(x_.of(block) + at, masked, count, columns_, affine(),
                                  kernels::kNoFloor, mean_, sums(part), scratch(part));
  }
}

template <class Value>
void Norm<Value>::start_backward(const Pass& /*pass*/) {
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

template <class Value>
void Norm<Value>::backward(const Pass& pass) {
  const float floor = adds() ? kernels::kNoFloor : floor_;
  for_each_part(threads_, [this, &pass, floor](int part) {
    const Part lines = lines_of(pass.block, part);
    const std::size_t at = lines.begin * columns_;
    kernels::normalise_backward(x_.of(pass.block) + at, g_.of(pass.block) + at, lines.size(),
                                columns_, affine(), floor, mean_, slope_, offset_,
                                dx_.of(pass.block) + at);
  });
}

template class Norm<float>;
template class Norm<Bfloat16>;

}  // namespace forebay
