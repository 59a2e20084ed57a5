// That GPUs average a bucket without asking the host for memory. The GPUs do nothing: the streams
// of host_device.cpp allocate.

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include <forebay/nodes/cuda/gpu_mean.hpp>

#include "../cpu/every_layer.hpp"
#include "../graph/count_new.hpp"
#include "../reduce/fake_nccl.hpp"
#include "host_device.hpp"

namespace forebay::cuda {

void queue_on_host(cudaStream_t, std::function<void()> work) { work(); }
void use(const GpuId&) {}
bool gpu_hangs() { return false; }

void Stream::Destroy::operator()(cudaStream_t) const {}
Stream::Stream(GpuId gpu) : gpu_(std::move(gpu)) {}
void Stream::copy(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
void Stream::wait(const Event&) {}
void Stream::synchronize() {}

void Event::Destroy::operator()(cudaEvent_t) const {}
Event::Event(GpuId gpu) : gpu_(std::move(gpu)) {}
void Event::record(const Stream&) {}
void Event::synchronize(std::chrono::milliseconds) const {}
bool Event::is_past() const { return true; }

void CapturedWork::Destroy::operator()(cudaGraphExec_t) const {}
CapturedWork::CapturedWork(Stream&, const std::function<void()>&) {}
void CapturedWork::launch(Stream&) const {}

PinnedMemory::PinnedMemory(std::size_t bytes) : block_(new std::byte[bytes]()) {}
void PinnedMemory::free(std::byte* block) { delete[] block; }
GpuMemory::GpuMemory(int, std::size_t bytes) : block_(new std::byte[bytes]()) {}
void GpuMemory::Free::operator()(std::byte* block) const { delete[] block; }

namespace {

class NoConvolver final : public Convolver {
 public:
  std::string why_not_fused(const Convolution&, Fusion, ValueType) override { return "none"; }
  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return 0;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const ConvolutionArrays&,
           cudaStream_t) override {}
};

TEST(GpuMeanAllocations, AreNoneForABucketWhenThereHaveBeenOthers) {
  FakeNccl fake;
  fake.at_once = true;
  const FakeNcclLibrary library(FOREBAY_FAKE_NCCL, fake);
  const Network network = reference::every_gpu_layer();
  std::array<std::unique_ptr<CudaReplica>, 2> replicas;
  for (int i : {0, 1}) {
    const CudaReplicaOptions options{.replica = {.rows = 2, .bucket_bytes = 4000},
                                     .gpu = {i, "test"},
                                     .averaging = Averaging::kGpus};
    replicas.at(static_cast<std::size_t>(i)) =
        std::make_unique<CudaReplica>(network, options, std::make_unique<NoConvolver>());
  }
  GpuMean mean({replicas[0].get(), replicas[1].get()},
               {.poll = std::chrono::milliseconds(1), .library = FOREBAY_FAKE_NCCL});
  const auto step = [&] {
    for (const GradientBucket& bucket : replicas[0]->buckets()) {
      mean.mean(std::array{bucket, bucket});
      mean.wait();
    }
  };
  ASSERT_GT(replicas[0]->buckets().size(), 1u);
  step();
  const std::int64_t before = test::allocations();
  step();
  EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace forebay::cuda
