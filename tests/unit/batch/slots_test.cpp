#include <forebay/nodes/batch/slots.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include <support/error_of.hpp>

namespace forebay {
namespace {

TEST(SlotAssigner, FillsBatchAfterBatchAndNumbersThem) {
  SlotAssigner slots(BatchPool(3, {1, 2, 2}));
  std::vector<Slot> given;
  for (std::size_t i = 0; i < 7; ++i) {
    given.push_back(slots.next());
    EXPECT_EQ(given[i].row, i % 3);
    EXPECT_EQ(given[i].batch->number, i / 3);
    EXPECT_EQ(given[i].image().values, given[i].batch->row(i % 3));
    EXPECT_EQ(given[i].batch, given[i / 3 * 3].batch);
  }
  EXPECT_NE(given[0].batch, given[3].batch);
}

TEST(SlotAssigner, KeepsNoBatchAliveThatIsFull) {
  BatchPool pool(2, {1, 2, 2});
  SlotAssigner slots(pool);
  for (int i = 0; i < 20; ++i) slots.next();
  EXPECT_EQ(pool.allocated(), 1u);
}

TEST(BatchCollector, GivesTheBatchWithItsLastRow) {
  SlotAssigner slots(BatchPool(2, {1, 2, 2}));
  BatchCollector collect(LastBatch::kDrop);
  EXPECT_EQ(collect.add(slots.next(), 10), nullptr);
  const Slot second = slots.next();
  const BatchHandle batch = collect.add(second, 13);  // 11 and 12 were skipped
  EXPECT_EQ(batch, second.batch);
  EXPECT_EQ(batch->filled, 2u);
  EXPECT_EQ(batch->next_position, 14u);
  EXPECT_EQ(collect.finish(), nullptr);
}

TEST(BatchCollector, KeepsAPartialLastBatchForValidationAlone) {
  for (LastBatch last : {LastBatch::kKeep, LastBatch::kDrop}) {
    BatchPool pool(4, {1, 2, 2});
    SlotAssigner slots(pool);
    BatchCollector collect(last);
    for (std::uint64_t i = 0; i < 7; ++i) collect.add(slots.next(), i);
    const BatchHandle partial = collect.finish();
    ASSERT_EQ(partial != nullptr, last == LastBatch::kKeep);
    EXPECT_EQ(collect.finish(), nullptr);
    if (partial == nullptr) continue;
    EXPECT_EQ(partial->number, 1u);
    EXPECT_EQ(partial->filled, 3u);
    EXPECT_EQ(partial->next_position, 7u);
  }
}

TEST(BatchCollector, OnlyTheSamplesAndTheTakerHoldABatch) {
  BatchPool pool(2, {1, 2, 2});
  SlotAssigner slots(pool);
  BatchCollector collect(LastBatch::kDrop);
  for (std::uint64_t i = 0; i < 20; ++i) collect.add(slots.next(), i);
  EXPECT_EQ(pool.allocated(), 1u);
}

TEST(BatchCollector, RefusesToLeaveARowUnwritten) {
  for (std::size_t missing : {0, 1, 3}) {  // the first, an inner and the last row of a batch
    SlotAssigner slots(BatchPool(4, {1, 2, 2}));
    BatchCollector collect(LastBatch::kDrop);
    const auto add_all_but_one = [&] {
      for (std::size_t i = 0; i < 8; ++i) {
        const Slot slot = slots.next();
        if (i != missing) collect.add(slot, i);
      }
    };
    EXPECT_EQ(test::error_of(add_all_but_one),
              "a sample before row " + std::to_string((missing + 1) % 4) + " of batch " +
                  std::to_string((missing + 1) / 4) +
                  " is missing; only nodes before the slots are given may drop samples");
  }
}

TEST(Slots, RowsAreWrittenByManyThreadsAtOnce) {
  constexpr std::size_t kSamples = 60, kRows = 8, kThreads = 3;
  SlotAssigner slots(BatchPool(kRows, {1, 4, 4}));
  std::vector<Slot> given;
  for (std::size_t i = 0; i < kSamples; ++i) given.push_back(slots.next());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < kSamples; i += kThreads) {
        std::fill_n(given[i].batch->row(given[i].row), 16, static_cast<float>(i));
        given[i].label() = static_cast<int>(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  BatchCollector collect(LastBatch::kKeep);
  std::vector<BatchHandle> batches;
  for (std::size_t i = 0; i < kSamples; ++i) {
    if (BatchHandle batch = collect.add(given[i], i)) batches.push_back(std::move(batch));
  }
  batches.push_back(collect.finish());
  std::size_t seen = 0;
  for (const BatchHandle& batch : batches) {
    for (std::size_t row = 0; row < batch->filled; ++row, ++seen) {
      EXPECT_EQ(batch->row(row)[15], static_cast<float>(seen));
      EXPECT_EQ(batch->labels[row], static_cast<int>(seen));
    }
  }
  EXPECT_EQ(seen, kSamples);
}

}  // namespace
}  // namespace forebay
