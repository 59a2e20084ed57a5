#include <forebay/nodes/cuda/stretches.hpp>

#include <ranges>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {

Stretches::Stretches(const std::vector<std::unique_ptr<Op>>& ops, GradientBuckets& buckets,
                     std::span<float> gradients, std::function<void(const std::string&)> tell)
    : tell_(std::move(tell)) {
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
  Runs& runs = part.runs[slot];
  if (runs.loaded && captures_ && !runs.captured) runs.captured = capture(part, stream, pass);
  if (runs.captured) return runs.captured->launch(stream);
  part.run(pass);
  runs.loaded = true;
}

// Where it is the GPU that failed, running the stretch fails again, and says so.
std::optional<CapturedWork> Stretches::capture(const Stretch& stretch, Stream& stream,
                                               const Pass& pass) {
  try {
    return std::optional<CapturedWork>(std::in_place, stream, [&] { stretch.run(pass); });
  } catch (const Error& error) {
    captures_ = false;
    if (tell_) tell_(error.what());
    return std::nullopt;
  }
}

}  // namespace forebay::cuda
