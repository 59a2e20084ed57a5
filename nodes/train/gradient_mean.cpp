#include <forebay/nodes/train/gradient_mean.hpp>

#include <vector>

#include <forebay/nodes/reduce/all_reduce.hpp>

namespace forebay {

GradientBucket HostMean::mean(std::span<const GradientBucket> parts) {
  const GradientBucket& mean = parts.front();
  if (parts.size() == 1) return mean;
  std::vector<BucketPart> values;
  for (const GradientBucket& part : parts) values.push_back({.values = part.values, .rows = 1});
  all_reduce_mean(values, mean.values);
  return mean;
}

}  // namespace forebay
