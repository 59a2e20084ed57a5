#include <forebay/nodes/train/gradient_mean.hpp>

#include <string>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cpu/bfloat16.hpp>

namespace forebay {
namespace {

std::string not_on_host(const GradientBucket& part) {
  return fmt::format(
      "bucket {} is not in the host's memory, where its mean is to be made: its replica was made "
      "for another mean; that is an error of this program, please report it",
      part.index);
}

}  // namespace

HostMean::HostMean(Precision reduce_in) : reduce_in_(reduce_in) {
  if (reduce_in == Precision::kFloat16) {
    throw Error("the host averages gradients in float32 or bfloat16, not in float16");
  }
}

GradientBucket HostMean::mean(std::span<const GradientBucket> parts) {
  const GradientBucket& mean = parts.front();
  if (parts.size() == 1) return mean;
  parts_.clear();
  for (const GradientBucket& part : parts) {
    if (part.values.empty()) throw Error(not_on_host(part));
    parts_.push_back({.values = part.values, .rows = 1});
  }
  if (reduce_in_ == Precision::kBfloat16) {
    all_reduce_mean<Bfloat16>(parts_, mean.values);
  } else {
    all_reduce_mean(parts_, mean.values);
  }
  return mean;
}

}  // namespace forebay
