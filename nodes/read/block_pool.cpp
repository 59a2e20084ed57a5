#include <algorithm>

#include <forebay/nodes/read/block_pool.hpp>

namespace forebay {

BlockPool::BlockPool(std::size_t block_bytes, std::size_t keep)
    : block_bytes_(block_bytes), keep_(keep) {
  free_.reserve(keep);  // so that giving a block back cannot throw
}

BlockPool::Block BlockPool::take(std::size_t bytes) {
  bytes = std::max(bytes, block_bytes_);
  std::unique_ptr<std::byte[]> memory;
  {
    const std::lock_guard lock(mutex_);
    if (bytes == block_bytes_ && !free_.empty()) {
      memory = std::move(free_.back());
      free_.pop_back();
    } else {
      ++allocated_;
    }
    ++in_use_;
  }
  // Not make_unique: that would write zeros over what is about to be read into.
  if (!memory) memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
  std::byte* const address = memory.release();
  auto give_back = [pool = shared_from_this(), bytes](std::byte* p) { pool->give_back(p, bytes); };
  return {std::shared_ptr<std::byte>(address, std::move(give_back)), std::span(address, bytes)};
}

void BlockPool::give_back(std::byte* memory, std::size_t bytes) {
  std::unique_ptr<std::byte[]> block(memory);
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (bytes == block_bytes_ && free_.size() < keep_) free_.push_back(std::move(block));
}

std::size_t BlockPool::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

std::size_t BlockPool::allocated() const {
  const std::lock_guard lock(mutex_);
  return allocated_;
}

BlockPool::Block BlockFiller::take(std::size_t bytes) {
  if (!block_.owner || used_ + bytes > block_.bytes.size()) {
    block_ = {};  // first, so that the pool may hand out the same block again
    block_ = pool_->take(bytes);
    used_ = 0;
  }
  const BlockPool::Block piece{block_.owner, block_.bytes.subspan(used_, bytes)};
  used_ = std::min((used_ + bytes + 7) / 8 * 8, block_.bytes.size());
  return piece;
}

}  // namespace forebay
