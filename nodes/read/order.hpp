#pragma once

// In which order a pass visits its records: a pure function of (seed, pass).

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace forebay {

/// The order of one pass over all records, of every part.
class PassOrder {
 public:
  /// As in the file.
  static PassOrder in_sequence(std::uint64_t records);

  /// Every permutation is equally likely.
  static PassOrder shuffled(std::uint64_t records, std::uint64_t seed, std::uint64_t pass);

  /// Visits blocks of neighbouring records in random order and deals each block's records out at
  /// random over the next `window` places of that order; the records of a place are shuffled. So
  /// at most `window` blocks are in use at a time and each is used only while it is in the window.
  /// With no more than `window` blocks it is `shuffled`. `block_begins` has the first record of
  /// each block, the first being 0, and then the number of records.
  static PassOrder mixed(std::span<const std::uint32_t> block_begins, std::uint32_t window,
                         std::uint64_t seed, std::uint64_t pass);

  std::uint64_t size() const { return size_; }
  std::uint32_t record(std::uint64_t place) const {
    return records_.empty() ? static_cast<std::uint32_t>(place) : records_[place];
  }

  /// Blocks in the order of their visit, when `mixed`; else empty.
  std::span<const std::uint32_t> visits() const { return visits_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<std::uint32_t> records_;  // empty: in sequence
  std::vector<std::uint32_t> visits_;
};

/// Places [begin, end) of a pass.
struct Places {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
};

/// The places of a pass that belong to `part` of `parts`: sizes differ by at most one.
Places places_of_part(std::uint64_t records, std::uint32_t part, std::uint32_t parts);

}  // namespace forebay
