#pragma once

// Puts samples into batches in their order, while they are made in any order.

#include <cstddef>
#include <cstdint>
#include <utility>

#include <forebay/graph/batch.hpp>
#include <forebay/nodes/batch/batch.hpp>

namespace forebay {

/// Where one sample's image and label go: a row that nobody else writes.
struct Slot {
  BatchHandle batch;
  std::size_t row = 0;

  SampleOut image() const { return batch->sample(row); }
  int& label() const { return batch->labels[row]; }
};

/// Gives each sample of a pass its row, in the order of the calls. For one thread at a time.
class SlotAssigner {
 public:
  explicit SlotAssigner(BatchPool pool) : pool_(std::move(pool)) {}

  /// The next row of the open batch; a new batch, numbered on from 0, when that is full.
  Slot next();

 private:
  BatchPool pool_;
  BatchHandle open_;
  std::size_t row_ = 0;
  std::uint64_t batches_ = 0;
};

/// Gives out each batch once its last row is written. A last batch that is not full is kept for
/// validation, which counts every image, and dropped for training. For one thread at a time.
class BatchCollector {
 public:
  explicit BatchCollector(LastBatch last) : last_(last) {}

  /// Takes the written slots in the order in which they were assigned, with their sample's place in
  /// the stream. The batch when this was its last row, with `filled` and `next_position` set;
  /// otherwise nothing. Throws `Error` where a slot before this one has been left out.
  BatchHandle add(const Slot& slot, std::uint64_t position);

  /// At the end of the pass: the batch that is not full, if there is one and it is kept.
  BatchHandle finish();

 private:
  LastBatch last_;
  BatchHandle open_;
};

}  // namespace forebay
