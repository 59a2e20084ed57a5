#pragma once

// Batch norm with the residual add and the ReLU that follow it.

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/layers/weighted.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

/// Where the running statistics start in the replica's buffers, in elements.
struct StatisticsPlaces {
  std::size_t mean = 0, variance = 0;
  int buffer = -1;  // the plan's buffer of all running statistics
};

enum class Activation { kNone, kRelu };

constexpr float floor_of(Activation activation) {
  return activation == Activation::kRelu ? 0 : kernels::kNoFloor;
}

/// y = activation(norm(x) [+ other]). Training uses the batch's own mean and biased variance and
/// moves the running ones by 0.1 towards them, the variance by n / (n - 1) larger, as PyTorch.
///
/// oneDNN's batch norm reads x once more (mean, then variance) and cannot add, which costs another
/// read and write of each block's output.
template <class Value>
class Norm final : public Op {
 public:
  /// `other` is -1 where nothing is added.
  Norm(int input, int other, int output, Activation activation, ParameterPlaces places,
       StatisticsPlaces statistics);

  /// The sums over the batch that forward and backward begin with, made of one block after the
  /// other: see NormMoments and NormGradientMoments.
  void plan_moments(Planner& planner);
  void plan_gradient_moments(Planner& planner);
  void plan_repeat(Planner& planner);
  void add_moments(const Block& block);
  void add_gradient_moments(const Block& block);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void start_forward(const Pass& pass) override;
  void forward(const Pass& pass) override;
  void start_backward(const Pass& pass) override;
  void backward(const Pass& pass) override;
  void load(std::size_t which, const float* parameters) override;

 private:
  bool adds() const { return other_ >= 0; }
  kernels::Affine affine() const { return {scale_, shift_}; }
  double* sums(int part) const;
  float* scratch(int part) const;
  Part lines_of(const Block& block, int part) const;
  double total(std::size_t i) const;
  void use_batch_statistics();
  void use_running_statistics();
  void set_affine(std::size_t channel, double mean, double variance);
  void mask_and_sum_gradient(const Block& block, int part);

  int input_, other_, output_;
  ParameterPlaces places_;
  StatisticsPlaces statistics_;
  float floor_;

  // Set while planning. Where channels are few, a line of the matrix that kernels work on is
  // several pixels of a row: lines x columns is pixels x channels.
  std::size_t pixels_ = 0, channels_ = 0, lines_of_row_ = 0, columns_ = 0;
  int threads_ = 1;
  std::vector<std::size_t> lines_seen_;  // by each thread, of this batch's

  int kept_ = -1, sums_buffer_ = -1, backward_sums_ = -1;
  int masked_buffer_ = -1, input_gradient_ = -1;
  OutputGradient<Value> gradient_;

  Rows<const Value> x_, added_;
  // What was added to needs its gradient masked as well, and then it need not be masked again.
  Rows<const Value> g_;
  Rows<Value> y_, masked_, dx_;
  float *gamma_ = nullptr, *beta_ = nullptr, *inverse_deviation_ = nullptr;  // `channels_` each
  float *mean_ = nullptr, *scale_ = nullptr, *shift_ = nullptr;              // `columns_` each
  float *slope_ = nullptr, *offset_ = nullptr;
  float *running_mean_ = nullptr, *running_variance_ = nullptr;
  float *gamma_gradient_ = nullptr, *beta_gradient_ = nullptr;
  std::byte *forward_sums_bytes_ = nullptr, *backward_sums_bytes_ = nullptr, *sums_ = nullptr;
};

/// A part of a norm's work that runs in another place than the norm; does nothing but what it
/// overrides.
template <class Value>
class NormPart : public Op {
 public:
  explicit NormPart(Norm<Value>& norm) : norm_(norm) {}

  void plan_forward(Planner& /*planner*/) override {}
  void plan_backward(Planner& /*planner*/) override {}
  void bind(const Arena& /*arena*/, const Planner& /*planner*/) final {}
  void forward(const Pass& /*pass*/) override {}
  void backward(const Pass& /*pass*/) override {}

 protected:
  Norm<Value>& norm_;
};

/// Runs before a norm, in the group of ops that make what it reads: sums each block while it is in
/// the cache.
template <class Value>
class NormMoments final : public NormPart<Value> {
 public:
  using NormPart<Value>::NormPart;

  void plan_forward(Planner& planner) override { this->norm_.plan_moments(planner); }
  void forward(const Pass& pass) override {
    if (pass.mode == Mode::kTraining) this->norm_.add_moments(pass.block);
  }
};

/// Runs last of the ops that read a norm whose output is not kept, thus before them on the way
/// back: computes each block of it once more.
template <class Value>
class NormRepeat final : public NormPart<Value> {
 public:
  using NormPart<Value>::NormPart;

  void plan_backward(Planner& planner) override { this->norm_.plan_repeat(planner); }
  void backward(const Pass& pass) override { this->norm_.forward(pass); }
};

/// Runs after a norm, thus before it on the way back: sums each block of its gradient.
template <class Value>
class NormGradientMoments final : public NormPart<Value> {
 public:
  using NormPart<Value>::NormPart;

  void plan_backward(Planner& planner) override { this->norm_.plan_gradient_moments(planner); }
  void backward(const Pass& pass) override { this->norm_.add_gradient_moments(pass.block); }
};

}  // namespace forebay
