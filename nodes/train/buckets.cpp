#include <forebay/nodes/train/buckets.hpp>

#include <algorithm>

namespace forebay {

GradientBuckets::GradientBuckets(std::span<const std::size_t> offsets, std::size_t bucket_bytes)
    : bucket_of_(offsets.size() - 1) {
  constexpr std::size_t kFirstBytes = 1 << 20;
  std::size_t end = offsets.back();
  int count = 0;
  for (std::size_t i = bucket_of_.size(); i-- > 0;) {
    const std::size_t begin = offsets[i];
    bucket_of_[i] = buckets_.size();
    ++count;
    const std::size_t limit = buckets_.empty() ? std::min(kFirstBytes, bucket_bytes) : bucket_bytes;
    if ((end - begin) * sizeof(float) < limit && i > 0) continue;
    buckets_.push_back({static_cast<int>(buckets_.size()), begin, {}});
    sizes_.push_back(count);
    end = begin;
    count = 0;
  }
  missing_ = sizes_;
}

void GradientBuckets::start() {
  std::copy(sizes_.begin(), sizes_.end(), missing_.begin());
  next_ = 0;
}

void GradientBuckets::complete(std::span<const int> parameters, std::span<float> gradients,
                               const Deliver& deliver) {
  for (int parameter : parameters) --missing_[bucket_of_[static_cast<std::size_t>(parameter)]];
  while (next_ < buckets_.size() && missing_[next_] == 0) {
    GradientBucket bucket = buckets_[next_];
    const std::size_t end = next_ == 0 ? gradients.size() : buckets_[next_ - 1].begin;
    bucket.values = gradients.subspan(bucket.begin, end - bucket.begin);
    ++next_;
    if (deliver) deliver(bucket);
  }
}

}  // namespace forebay
