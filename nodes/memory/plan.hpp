#pragma once

// Places buffers that live for parts of a step into one block of memory.

#include <cstddef>
#include <vector>

namespace forebay {

/// Buffers are alive from the first to the last moment they are used; two that are alive together
/// never share a byte. Moments are any increasing integers. Every buffer starts on `alignment`
/// bytes and has room up to the next such place.
class MemoryPlan {
 public:
  explicit MemoryPlan(std::size_t alignment = 64) : alignment_(alignment) {}

  /// A buffer that nothing uses yet. Returns its number, counted from 0.
  int add(std::size_t bytes);

  /// The buffer is read or written at `moment`.
  void use(int buffer, int moment);

  /// The buffer keeps its content from step to step.
  void keep(int buffer);

  /// Chooses the places, largest buffers first, each at the lowest free address (Pisarchyk and Lee,
  /// 2020). Returns the bytes needed. Quadratic in the number of buffers: 10 ms for ResNet-152.
  std::size_t place();

  /// Distance from the start of the block, after `place`.
  std::size_t offset(int buffer) const { return buffers_[static_cast<std::size_t>(buffer)].offset; }

  /// The most bytes that are alive at one moment: no placement needs less.
  std::size_t live_peak() const;

  /// All buffers one after the other: what no sharing would need.
  std::size_t total() const;

 private:
  struct Interval {
    std::size_t bytes = 0;
    int first = 0, last = -1;  // last < first: never used
    std::size_t offset = 0;
  };
  static bool alive_together(const Interval& a, const Interval& b);

  const std::size_t alignment_;
  std::vector<Interval> buffers_;
};

}  // namespace forebay
