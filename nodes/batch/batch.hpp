#pragma once

// A batch of images and labels in pooled memory.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <forebay/nodes/image/sample.hpp>
#include <forebay/nodes/network/shape.hpp>

namespace forebay {

/// `rows` images, 64-byte aligned, with a class each. Only the first `filled` rows hold samples
/// (fewer than `rows` in the last batch of a validation pass).
struct Batch {
  ImageShape shape;
  SampleFormat format;
  std::size_t rows = 0;
  std::size_t filled = 0;
  std::uint64_t number = 0;         // of this pass, from 0
  std::uint64_t next_position = 0;  // where the reader goes on after this batch's last sample
  std::byte* images = nullptr;
  std::vector<int> labels;

  /// Values of a row.
  std::size_t row_values() const {
    return static_cast<std::size_t>(shape.channels * shape.height * shape.width);
  }
  std::size_t row_bytes() const { return row_values() * value_bytes(format.type); }

  /// Row `i`, also of what comes after the last one. T is `float`, `Float16` or `std::uint8_t`, as
  /// `format` says.
  template <typename T = float>
  T* row(std::size_t i) const {
    assert(sizeof(T) == value_bytes(format.type));
    return reinterpret_cast<T*>(images) + i * row_values();
  }

  /// Row `i`, to write a sample to.
  SampleOut sample(std::size_t i) const {
    switch (format.type) {
      case SampleType::kFloat16:
        return {row<Float16>(i), format.layout};
      case SampleType::kUint8:
        return {row<std::uint8_t>(i), format.layout};
      case SampleType::kFloat32:
        break;
    }
    return {row(i), format.layout};
  }
};

/// Shares a batch; the last holder gives its memory back to the pool.
using BatchHandle = std::shared_ptr<Batch>;

/// Bytes of the images: for queues that are limited in bytes.
inline std::size_t byte_size(const BatchHandle& batch) { return batch->rows * batch->row_bytes(); }

/// Where batches have their images. Both calls come from any thread; `take` gives at least 64-byte
/// aligned memory or throws.
struct BatchMemory {
  std::function<std::byte*(std::size_t bytes)> take;
  std::function<void(std::byte* memory)> give_back;
};

/// Memory of the host's like any other.
BatchMemory plain_batch_memory();

/// Hands out batches of one size. It takes memory only while more batches are alive than ever
/// before, so queues that are bounded bound it too. Thread-safe; outlived by its batches.
class BatchPool {
 public:
  BatchPool(std::size_t rows, ImageShape shape, SampleFormat format = {},
            BatchMemory memory = plain_batch_memory());
  BatchHandle take();

  /// Batches ever made; each costs `byte_size`.
  std::size_t allocated() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace forebay
