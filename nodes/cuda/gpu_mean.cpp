#include <forebay/nodes/cuda/gpu_mean.hpp>

#include <memory>
#include <string>
#include <utility>

#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {
namespace {

class EventMark final : public NcclMark {
 public:
  explicit EventMark(const Stream& stream) : stream_(stream), event_(stream.gpu()) {}

  void set() override { event_.record(stream_); }
  bool is_past() const override { return event_.is_past(); }

 private:
  const Stream& stream_;
  Event event_;
};

std::vector<NcclRank> ranks_of(const std::vector<CudaReplica*>& replicas) {
  std::vector<NcclRank> ranks;
  for (CudaReplica* replica : replicas) ranks.push_back(rank_of(replica->means()));
  return ranks;
}

NcclType type_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat16:
      return NcclType::kFloat16;
    case Precision::kBfloat16:
      return NcclType::kBfloat16;
    case Precision::kFloat32:
      break;
  }
  return NcclType::kFloat32;
}

}  // namespace

NcclRank rank_of(Stream& stream) {
  return {.name = stream.gpu().text(),
          .stream = stream.get(),
          .use = [&stream] { use(stream.gpu()); },
          .make_mark = [&stream] { return std::make_unique<EventMark>(stream); }};
}

GpuMean::GpuMean(std::vector<CudaReplica*> replicas, NcclOptions options)
    : replicas_(std::move(replicas)),
      gradients_(replicas_.size()),
      nccl_(std::make_unique<NcclMean>(ranks_of(replicas_), std::move(options))) {}

GpuMean::~GpuMean() {
  if (gpu_hangs()) static_cast<void>(nccl_.release());  // NCCL would wait for the GPU
}

GradientBucket GpuMean::mean(std::span<const GradientBucket> parts) {
  const GradientBucket& bucket = parts.front();
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    gradients_[i] = replicas_[i]->to_mean(bucket);
  }
  nccl_->queue(gradients_, replicas_.front()->size(bucket), type_of(replicas_.front()->reduce_in()),
               "bucket " + std::to_string(bucket.index));
  for (CudaReplica* replica : replicas_) replica->mean_queued(bucket);
  return bucket;
}

void GpuMean::wait() {
  for (CudaReplica* replica : replicas_) replica->means().synchronize();
  nccl_->wait();
}

}  // namespace forebay::cuda
