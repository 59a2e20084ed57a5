// Counts what the heap is asked for while a step runs.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <forebay/nodes/train/replica.hpp>

#include "reference.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> allocations{0}, largest{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  if (counting) {
    ++allocations;
    if (bytes > largest) largest = bytes;
  }
  void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, 16); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return counted(bytes, 16);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
// Not inlined, or GCC sees what `new` gave freed by `free`, and warns.
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

namespace forebay {
namespace {

// oneDNN makes a short list of arguments in each call and frees it; nothing else may allocate.
class Allocation : public testing::TestWithParam<Precision> {};

TEST_P(Allocation, StepsAskForNothingButOneDnnsArgumentLists) {
  const Network network = resnet(20, {3, 16, 16}, 10);
  Weights weights(network);
  weights.initialise(1);
  const auto replica =
      make_cpu_replica(network, {.rows = 4, .precision = cpu_precision(GetParam())});
  const auto batch = reference::batch(0, 4, network);
  const Shard shard{batch.images.data(), batch.labels, 4};
  const std::function<void(const GradientBucket&)> ignore = [](const GradientBucket&) {};
  const auto step = [&] {
    replica->load_parameters(weights, 0, weights.parameters().size());
    replica->forward_backward(shard, ignore);
    replica->evaluate({batch.images.data(), std::span(batch.labels).first(3), 3});
  };
  step();
  allocations = largest = 0;
  counting = true;
  step();
  counting = false;
  const std::size_t in_one_step = allocations;
  // 22 convolutions and the linear layer: at most 2 forward, 3 backward and 2 reordering calls.
  EXPECT_LT(in_one_step, 23u * 7 * 12);
  EXPECT_LT(largest, 1024u);
  allocations = 0;
  counting = true;
  step();
  counting = false;
  EXPECT_EQ(allocations, in_one_step);
}

INSTANTIATE_TEST_SUITE_P(CpuReplica, Allocation,
                         testing::Values(Precision::kFloat32, Precision::kBfloat16));

}  // namespace
}  // namespace forebay
