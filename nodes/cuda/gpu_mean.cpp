#include <forebay/nodes/cuda/gpu_mean.hpp>

#include <memory>
#include <string>
#include <utility>

#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {
namespace {

std::vector<NcclRank> ranks_of(const std::vector<CudaReplica*>& replicas) {
  std::vector<NcclRank> ranks;
  for (CudaReplica* replica : replicas) ranks.push_back(rank_of(replica->means()));
  return ranks;
}

}  // namespace

NcclRank rank_of(Stream& stream) {
  return {.name = stream.gpu().text(),
          .stream = stream.get(),
          .use = [&stream] { use(stream.gpu()); },
          .mark =
              [&stream] {
                const auto event = std::make_shared<Event>(stream.gpu());
                event->record(stream);
                return [event] { return event->is_past(); };
              }};
}

GpuMean::GpuMean(std::vector<CudaReplica*> replicas, NcclOptions options)
    : replicas_(std::move(replicas)),
      nccl_(std::make_unique<NcclMean>(ranks_of(replicas_), std::move(options))) {}

GpuMean::~GpuMean() {
  if (gpu_hangs()) static_cast<void>(nccl_.release());  // NCCL would wait for the GPU
}

GradientBucket GpuMean::mean(std::span<const GradientBucket> parts) {
  const GradientBucket& bucket = parts.front();
  std::vector<void*> gradients;
  for (CudaReplica* replica : replicas_) gradients.push_back(replica->gradient(bucket).data());
  nccl_->queue(gradients, replicas_.front()->gradient(bucket).size(), NcclType::kFloat32,
               "bucket " + std::to_string(bucket.index));
  for (CudaReplica* replica : replicas_) replica->mean_queued(bucket);
  return bucket;
}

void GpuMean::wait() {
  for (CudaReplica* replica : replicas_) replica->means().synchronize();
  nccl_->wait();
}

}  // namespace forebay::cuda
