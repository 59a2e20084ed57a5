#include <forebay/nodes/network/weights.hpp>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

/// Inputs that one output value of the layer reads.
std::int64_t fan_in(const Network& network, const Layer& layer) {
  const auto& input = network.layers[static_cast<std::size_t>(layer.inputs.front())].output;
  return std::int64_t{input.channels} * std::max(layer.kernel, 1) * std::max(layer.kernel, 1);
}

void fill_uniform(std::span<float> values, double bound, Random random) {
  for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
}

void fill_normal(std::span<float> values, double deviation, Random random) {
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
}

}  // namespace

Weights::Weights(const Network& network) : network_(&network) {
  std::size_t end = 0;
  for (const Parameter& parameter : network.parameters) {
    parameter_offsets_.push_back(end);
    end += static_cast<std::size_t>(elements(parameter.shape));
  }
  parameter_offsets_.push_back(end);
  parameters_.resize(end);
  for (const Buffer& buffer : network.buffers) {
    buffer_offsets_.push_back(buffers_.size());
    buffers_.insert(buffers_.end(), static_cast<std::size_t>(elements(buffer.shape)),
                    buffer.initial);
  }
  buffer_offsets_.push_back(buffers_.size());
}

void Weights::initialise(std::uint64_t seed) {
  for (std::size_t i = 0; i < network_->parameters.size(); ++i) {
    const Parameter& parameter = network_->parameters[i];
    const Layer& layer = network_->layers[static_cast<std::size_t>(parameter.layer)];
    const auto values =
        parameters().subspan(parameter_offset(i), parameter_offset(i + 1) - parameter_offset(i));
    const Random random(seed, i);
    if (parameter.role == ParameterRole::kNormWeight) {
      std::fill(values.begin(), values.end(), 1.0F);
    } else if (parameter.role == ParameterRole::kNormBias) {
      std::fill(values.begin(), values.end(), 0.0F);
    } else if (layer.kind == LayerKind::kConvolution && parameter.role == ParameterRole::kWeight) {
      const double fan_out = double{1} * layer.output.channels * layer.kernel * layer.kernel;
      fill_normal(values, std::sqrt(2.0 / fan_out), random);
    } else {
      fill_uniform(values, 1.0 / std::sqrt(static_cast<double>(fan_in(*network_, layer))), random);
    }
  }
  for (std::size_t i = 0; i < network_->buffers.size(); ++i) {
    std::fill_n(buffers_.begin() + static_cast<std::ptrdiff_t>(buffer_offset(i)),
                elements(network_->buffers[i].shape), network_->buffers[i].initial);
  }
  batches_tracked = 0;
}

}  // namespace forebay
