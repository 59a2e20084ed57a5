#include <forebay/nodes/cuda/stretches.hpp>

#include <ranges>

namespace forebay::cuda {

Stretches::Stretches(const std::vector<std::unique_ptr<Op>>& ops, GradientBuckets& buckets,
                     std::span<float> gradients, Capturing& capturing)
    : capturing_(capturing) {
  stretches_.emplace_back();
  for (const auto& op : ops) stretches_.back().forward.push_back(op.get());
  buckets.start();
  std::size_t left = buckets.list().size();
  for (const auto& op : std::views::reverse(ops)) {
    if (left > 0 && !stretches_.back().buckets.empty()) stretches_.emplace_back();
    stretches_.back().backward.push_back(op.get());
    buckets.complete(op->parameters(), gradients, [&](GradientBucket bucket) {
      bucket.values = {};
      stretches_.back().buckets.push_back(bucket);
      --left;
    });
  }
}

void Stretches::Stretch::run(const Pass& pass) const {
  for (Op* op : forward) op->forward(pass);
  for (Op* op : backward) op->backward(pass);
}

void Stretches::queue(std::size_t stretch, Stream& stream, std::size_t slot, const Pass& pass) {
  Stretch& part = stretches_[stretch];
  part.work[slot].queue(stream, capturing_, [&] { part.run(pass); });
}

}  // namespace forebay::cuda
