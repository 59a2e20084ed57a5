#include <forebay/nodes/batch/slots.hpp>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>

namespace forebay {

Slot SlotAssigner::next() {
  if (open_ == nullptr) {
    open_ = pool_.take();
    open_->number = batches_++;
    row_ = 0;
  }
  Slot slot{open_, row_++};
  // The samples alone hold a full batch, so it is free again as soon as they are done with it.
  if (row_ == open_->rows) open_.reset();
  return slot;
}

BatchHandle BatchCollector::add(const Slot& slot, std::uint64_t position) {
  const bool next =
      open_ == nullptr ? slot.row == 0 : slot.batch == open_ && slot.row == open_->filled;
  if (!next) {
    throw Error(
        fmt::format("a sample before row {} of batch {} is missing; only nodes before the "
                    "slots are given may drop samples",
                    slot.row, slot.batch->number));
  }
  open_ = slot.batch;
  ++open_->filled;
  open_->next_position = position + 1;
  return open_->filled == open_->rows ? std::exchange(open_, nullptr) : nullptr;
}

BatchHandle BatchCollector::finish() {
  BatchHandle partial = std::exchange(open_, nullptr);
  return last_ == LastBatch::kKeep ? partial : nullptr;
}

}  // namespace forebay
