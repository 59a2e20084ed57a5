#include <forebay/nodes/batch/batch.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

namespace forebay {
namespace {

TEST(BatchPool, GivesAlignedMemoryForEveryRow) {
  BatchPool pool(5, {3, 7, 9});
  const BatchHandle batch = pool.take();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->images) % 64, 0u);
  EXPECT_EQ(batch->rows, 5u);
  EXPECT_EQ(batch->filled, 0u);
  EXPECT_EQ(batch->shape, (ImageShape{3, 7, 9}));
  EXPECT_EQ(batch->labels.size(), 5u);
  EXPECT_EQ(batch->row(4) - batch->row(0), 4 * 3 * 7 * 9);
  for (float* value = batch->row(0); value != batch->row(5); ++value) *value = 1.0f;
}

TEST(BatchPool, MakesRowsOfTheAskedFormat) {
  const SampleFormat format{SampleType::kFloat16, SampleLayout::kNchw};
  const BatchHandle batch = BatchPool(5, {3, 7, 9}, format).take();
  EXPECT_EQ(batch->format, format);
  EXPECT_EQ(byte_size(batch), 5u * 3 * 7 * 9 * 2);
  EXPECT_EQ(batch->row<Float16>(4) - batch->row<Float16>(0), 4 * 3 * 7 * 9);
  EXPECT_EQ(batch->sample(4).values, batch->row<Float16>(4));
  EXPECT_EQ(batch->sample(4).format, format);
}

TEST(BatchPool, TakesMemoryOnlyForBatchesAliveAtOnce) {
  BatchPool pool(2, {1, 4, 4});
  std::deque<BatchHandle> queue;
  for (int i = 0; i < 100; ++i) {
    queue.push_back(pool.take());
    if (queue.size() > 3) queue.pop_front();
  }
  EXPECT_EQ(pool.allocated(), 4u);
}

TEST(BatchPool, GivesUsedBatchesAsNew) {
  BatchPool pool(2, {1, 4, 4});
  BatchHandle batch = pool.take();
  const std::byte* images = batch->images;
  batch->filled = 2;
  batch->number = 7;
  batch->next_position = 9;
  batch.reset();
  batch = pool.take();
  EXPECT_EQ(batch->images, images);
  EXPECT_EQ(batch->filled, 0u);
  EXPECT_EQ(batch->number, 0u);
  EXPECT_EQ(batch->next_position, 0u);
}

TEST(BatchPool, IsOutlivedByItsBatches) {
  const BatchHandle batch = BatchPool(1, {1, 2, 2}).take();
  batch->row(0)[3] = 5.0f;
  EXPECT_EQ(batch->row(0)[3], 5.0f);
}

TEST(BatchPool, ServesManyThreads) {
  BatchPool pool(1, {1, 8, 8});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([pool, t]() mutable {
      for (int i = 0; i < 1000; ++i) {
        const BatchHandle batch = pool.take();
        batch->row(0)[63] = static_cast<float>(t);
        EXPECT_EQ(batch->row(0)[63], static_cast<float>(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(pool.allocated(), 4u);
}

}  // namespace
}  // namespace forebay
