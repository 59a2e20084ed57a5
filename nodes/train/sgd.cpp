#include <forebay/nodes/train/sgd.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/train/lars.hpp>
#include <forebay/nodes/widest.hpp>

namespace forebay {
namespace {

// One pass over three streams: bound by memory, so how wide its vectors are matters little; the
// widest still leaves more of the core to whoever shares it.
template <SgdKind kKind>
void update_run(float* __restrict weight, float* __restrict velocity,
                const float* __restrict gradient, std::size_t count, float lr, float momentum,
                float decay, float trust) {
  for (std::size_t i = 0; i < count; ++i) {
    float step = gradient[i] + decay * weight[i];
    if (kKind == SgdKind::kLars) step *= trust;
    const float v = momentum * velocity[i] + step;
    velocity[i] = v;
    weight[i] -= lr * (kKind == SgdKind::kNesterov ? step + momentum * v : v);
  }
}

void check(const SgdOptions& options) {
  if (!(options.momentum >= 0 && options.momentum < 1)) {
    throw Error(fmt::format("momentum is {}; give 0 or more and less than 1", options.momentum));
  }
  if (!(options.weight_decay >= 0 && std::isfinite(options.weight_decay))) {
    throw Error(fmt::format("weight decay is {}; give 0 or more", options.weight_decay));
  }
  if (!(options.eta > 0 && std::isfinite(options.eta))) {
    throw Error(fmt::format("the eta of LARS is {}; give more than 0", options.eta));
  }
}

}  // namespace

float weight_decay_of(const Parameter& parameter, const SgdOptions& options) {
  const bool spares = options.no_bias_decay || options.kind == SgdKind::kLars;
  const bool spared = spares && parameter.role != ParameterRole::kWeight;
  return spared ? 0.0F : static_cast<float>(options.weight_decay);
}

bool has_trust_ratio(const Parameter& parameter, const SgdOptions& options) {
  return options.kind == SgdKind::kLars && parameter.role == ParameterRole::kWeight;
}

Sgd::Sgd(const Network& network, const SgdOptions& options)
    : kind_(options.kind),
      momentum_(static_cast<float>(options.momentum)),
      eta_(static_cast<float>(options.eta)) {
  check(options);
  std::size_t end = 0;
  for (const Parameter& parameter : network.parameters) {
    const float decay = weight_decay_of(parameter, options);
    end += static_cast<std::size_t>(elements(parameter.shape));
    const bool trust = has_trust_ratio(parameter, options);
    const bool joins =
        !runs_.empty() && !trust && !runs_.back().trust && runs_.back().decay == decay;
    if (!joins) runs_.push_back({end, decay, trust});
    runs_.back().end = end;
  }
  velocity_.assign(end, 0.0F);
}

void Sgd::update(std::span<float> parameters, std::size_t begin, std::span<const float> gradient,
                 double lr) {
  assert(parameters.size() == velocity_.size());
  assert(begin + gradient.size() <= parameters.size());
  const auto rate = static_cast<float>(lr);
  switch (kind_) {
    case SgdKind::kPlain:
      return update_runs<SgdKind::kPlain>(parameters, begin, gradient, rate);
    case SgdKind::kNesterov:
      return update_runs<SgdKind::kNesterov>(parameters, begin, gradient, rate);
    case SgdKind::kLars:
      return update_runs<SgdKind::kLars>(parameters, begin, gradient, rate);
  }
}

template <SgdKind kKind>
void Sgd::update_runs(std::span<float> parameters, std::size_t begin,
                      std::span<const float> gradient, float lr) {
  const std::size_t end = begin + gradient.size();
  auto run = std::upper_bound(runs_.begin(), runs_.end(), begin,
                              [](std::size_t at, const Run& r) { return at < r.end; });
  for (std::size_t at = begin; at < end; ++run) {
    const std::size_t stop = std::min(end, run->end);
    float trust = 1;
    if (kKind == SgdKind::kLars && run->trust) {
      assert(at == (run == runs_.begin() ? 0 : std::prev(run)->end) && stop == run->end);
      trust = trust_ratio(parameters.subspan(at, stop - at),
                          gradient.subspan(at - begin, stop - at), eta_, run->decay);
    }
    widest<update_run<kKind>>(&parameters[at], &velocity_[at], &gradient[at - begin], stop - at, lr,
                              momentum_, run->decay, trust);
    at = stop;
  }
}

}  // namespace forebay
