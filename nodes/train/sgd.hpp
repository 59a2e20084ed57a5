#pragma once

// Stochastic gradient descent with momentum and weight decay.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

enum class SgdKind : std::uint8_t {
  kPlain,     // w -= lr * v
  kNesterov,  // w -= lr * (d + momentum * v), with the decayed gradient d: a step ahead
  kLars,      // w -= lr * v, where each weight's d has its trust ratio as a factor
};

struct SgdOptions {
  double momentum = 0.9;       // in [0, 1)
  double weight_decay = 1e-4;  // 0 or more
  bool no_bias_decay = false;  // true: weight decay spares biases and the norms' parameters
  SgdKind kind = SgdKind::kPlain;
  double eta = 0.001;  // of kLars: above 0
};

/// Of that parameter. LARS spares biases and the norms' parameters.
float weight_decay_of(const Parameter& parameter, const SgdOptions& options);

/// Whether that parameter's step has a trust ratio: weights' do, those of biases and norms do not.
bool has_trust_ratio(const Parameter& parameter, const SgdOptions& options);

/// The optimizer's state and its step, in PyTorch's convention without dampening: v = momentum * v
/// + d with d = g + decay * w, and then w as the kind says. MXNet's v has lr in it, which is the
/// same as long as lr is.
///
/// Ranges do not depend on each other: threads may update disjoint ones at the same time, and the
/// result has the same bits however a step is cut into ranges, and on every CPU. LARS takes whole
/// parameters, as gradient buckets are; the others any elements.
class Sgd {
 public:
  /// The velocity begins at zero. Throws `Error` for options outside their range.
  explicit Sgd(const Network& network, const SgdOptions& options = {});

  /// One step of elements [begin, begin + gradient.size()) of `parameters`, which are all
  /// parameters as in `Weights::parameters()`; `gradient` is of the mean loss over the batch.
  void update(std::span<float> parameters, std::size_t begin, std::span<const float> gradient,
              double lr);

  /// One value per parameter value, in the layout of `Weights::parameters()`.
  std::span<float> velocity() { return velocity_; }
  std::span<const float> velocity() const { return velocity_; }

 private:
  struct Run {  // neighbouring parameters with the same decay, or one with a trust ratio
    std::size_t end = 0;
    float decay = 0;
    bool trust = false;
  };

  template <SgdKind kKind>
  void update_runs(std::span<float> parameters, std::size_t begin, std::span<const float> gradient,
                   float lr);

  SgdKind kind_;
  float momentum_, eta_;
  std::vector<Run> runs_;
  std::vector<float> velocity_;
};

}  // namespace forebay
