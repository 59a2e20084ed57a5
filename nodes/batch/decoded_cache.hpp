#pragma once

// Decoded images that stay in memory, so that later epochs neither read nor decode them.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <forebay/nodes/batch/decode_needed.hpp>
#include <forebay/nodes/batch/whole_image.hpp>
#include <forebay/nodes/read/record.hpp>
#include <forebay/nodes/reserved_memory.hpp>

namespace forebay {

/// What a cache holds and has done; figures of one moment.
struct CacheStats {
  std::uint64_t hits = 0;    // images that came from memory
  std::uint64_t misses = 0;  // images that had to be decoded
  std::uint64_t images = 0;  // in memory
  std::size_t bytes = 0;     // that they take
  std::size_t capacity = 0;  // that they may take
  bool full = false;         // an image did not fit: none is added any more
};

/// Keeps the first images it sees, whole, until one does not fit. Nothing is ever given up for
/// another image: in random order each is as likely to be next, and what comes and goes is decoded
/// again and again.
///
/// Samples are the same, down to the bit, as without it. A bad image is not kept. Any thread; no
/// call blocks.
class DecodedCache {
 public:
  /// Takes no memory yet, and later `bytes` at most, with 9 bytes a record besides. `records` is
  /// how many there are. Throws `Error`.
  DecodedCache(std::size_t bytes, std::uint64_t records);

  /// Of an image that is kept; the labels stay where they are.
  std::optional<KnownRecord> known(std::uint64_t index) const;

  /// As `decode_needed` of the record's image, or from memory; `record.image` may be missing when
  /// the record is known. Always with the same options. What it gives must not outlive the cache.
  Pixels pixels(const Record& record, const Augment& augment, Random random, DecodeMode mode,
                const ImagePool& images);

  CacheStats stats() const;

 private:
  struct Kept;

  const Kept* find(std::uint64_t index) const {
    return kept_[index].load(std::memory_order_acquire);
  }
  bool claim(std::uint64_t index);
  std::byte* take(std::size_t bytes);
  const Kept* keep(const Record& record, const WholeImage& image);

  std::vector<std::atomic<const Kept*>> kept_;  // by index; published when it is whole
  std::atomic<std::uint64_t> hits_ = 0, misses_ = 0;
  mutable std::mutex mutex_;   // guards all below
  std::vector<bool> claimed_;  // by index: somebody keeps it, or has tried
  ReservedMemory memory_;
  std::size_t used_ = 0;
  std::uint64_t images_ = 0;
  bool full_ = false;
};

}  // namespace forebay
