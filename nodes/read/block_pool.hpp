#pragma once

// Memory for what is read, used again when all records in it are gone.

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace forebay {

/// Blocks of one size. Any thread may take one and drop the last reference to it; a block in use
/// keeps the pool alive.
class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  struct Block {
    std::shared_ptr<std::byte> owner;  // also the address
    std::span<std::byte> bytes;        // 16-aligned
  };

  /// Use `std::make_shared`. Up to `keep` unused blocks are kept for later.
  BlockPool(std::size_t block_bytes, std::size_t keep);

  /// `bytes` may exceed the block size: such a block is made for the purpose and not kept.
  Block take(std::size_t bytes);

  std::size_t block_bytes() const { return block_bytes_; }

  /// Blocks not yet given back.
  std::size_t in_use() const;
  /// Blocks ever allocated.
  std::size_t allocated() const;

 private:
  void give_back(std::byte* memory, std::size_t bytes);

  const std::size_t block_bytes_;
  const std::size_t keep_;
  mutable std::mutex mutex_;  // guards all below
  std::vector<std::unique_ptr<std::byte[]>> free_;
  std::size_t in_use_ = 0;
  std::size_t allocated_ = 0;
};

/// Hands out pieces of pool blocks, next to each other while they fit. For one thread at a time;
/// the pieces may be dropped on any.
class BlockFiller {
 public:
  explicit BlockFiller(std::shared_ptr<BlockPool> pool) : pool_(std::move(pool)) {}

  /// 8-aligned, of exactly `bytes` bytes.
  BlockPool::Block take(std::size_t bytes);

 private:
  std::shared_ptr<BlockPool> pool_;
  BlockPool::Block block_;
  std::size_t used_ = 0;
};

}  // namespace forebay
