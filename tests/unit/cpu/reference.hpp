#pragma once

// Weights and batches that make_fixtures.py computes as well, and the results it stored.

#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <forebay/nodes/network/weights.hpp>

namespace forebay::reference {

/// The finaliser of SplitMix64 over seed * golden ratio + index.
inline std::uint64_t hashed(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed * 0x9e3779b97f4a7c15 + index;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// In [-1, 1), exact in float.
inline float uniform(std::uint64_t seed, std::uint64_t index) {
  return static_cast<float>(hashed(seed, index) >> 40) * 0x1p-23F - 1;
}

inline void fill_weights(const Network& network, Weights& weights) {
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const Parameter& parameter = network.parameters[i];
    const TensorShape& shape = parameter.shape;
    const auto fan_in = static_cast<double>(elements(shape) / shape[0]);
    const auto bound = static_cast<float>(std::sqrt(6.0 / fan_in));
    for (std::size_t at = weights.parameter_offset(i); at < weights.parameter_offset(i + 1); ++at) {
      const float u = uniform(1000 + i, at - weights.parameter_offset(i));
      float& value = weights.parameters()[at];
      if (shape.size() > 1) {
        value = u * bound;
      } else if (parameter.role == ParameterRole::kNormWeight) {
        value = 0.25F + 0.0625F * u;
      } else if (parameter.role == ParameterRole::kNormBias) {
        const float sign = uniform(900, at - weights.parameter_offset(i));  // by channel alone
        value = std::copysign(0.375F + std::abs(u), sign);
      } else {
        value = 0.125F * u;
      }
    }
  }
}

struct SampleBatch {
  std::vector<float> images;
  std::vector<int> labels;
};

inline SampleBatch batch(std::uint64_t step, std::size_t rows, const Network& network) {
  const ImageShape& shape = network.input();
  SampleBatch result;
  result.images.resize(rows *
                       static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  for (std::size_t i = 0; i < result.images.size(); ++i) {
    result.images[i] = uniform(5000 + step, i);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    result.labels.push_back(
        static_cast<int>(hashed(6000 + step, row) % static_cast<std::uint64_t>(network.classes)));
  }
  return result;
}

/// Numbers by name, from a file of make_fixtures.py.
using Results = std::map<std::string, std::vector<double>>;

inline Results read_results(const std::string& name) {
  const std::string path = std::string(FOREBAY_FIXTURES) + "/engine/" + name + ".txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  Results results;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key, second;
    words >> key;
    if (key == "gradient" || key == "buffer") {
      words >> second;
      key += " " + second;
    }
    for (double number; words >> number;) results[key].push_back(number);
  }
  return results;
}

/// SGD as torch.optim.SGD(lr=0.01, momentum=0.9, weight_decay=1e-4) does it.
class Sgd {
 public:
  explicit Sgd(std::size_t size) : momentum_(size) {}

  void update(std::size_t begin, std::span<const float> gradient, std::span<float> weights) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      float& velocity = momentum_[begin + i];
      velocity = 0.9F * velocity + (gradient[i] + 1e-4F * weights[begin + i]);
      weights[begin + i] -= 0.01F * velocity;
    }
  }

 private:
  std::vector<float> momentum_;
};

}  // namespace forebay::reference
