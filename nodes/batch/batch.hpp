#pragma once

// A batch of images and labels in pooled memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <forebay/nodes/network/shape.hpp>

namespace forebay {

/// `rows` images in NHWC float, 64-byte aligned, with a class each. Only the first `filled` rows
/// hold samples (fewer than `rows` in the last batch of a validation pass).
struct Batch {
  ImageShape shape;
  std::size_t rows = 0;
  std::size_t filled = 0;
  std::uint64_t number = 0;         // of this pass, from 0
  std::uint64_t next_position = 0;  // where the reader goes on after this batch's last sample
  float* images = nullptr;
  std::vector<int> labels;

  float* row(std::size_t i) const {
    return images + i * static_cast<std::size_t>(shape.channels * shape.height * shape.width);
  }
};

/// Shares a batch; the last holder gives its memory back to the pool.
using BatchHandle = std::shared_ptr<Batch>;

/// Bytes of the images: for queues that are limited in bytes.
inline std::size_t byte_size(const BatchHandle& batch) {
  return static_cast<std::size_t>(batch->row(batch->rows) - batch->row(0)) * sizeof(float);
}

/// Hands out batches of one size. It takes memory only while more batches are alive than ever
/// before, so queues that are bounded bound it too. Thread-safe; outlived by its batches.
class BatchPool {
 public:
  BatchPool(std::size_t rows, ImageShape shape);
  BatchHandle take();

  /// Batches ever made; each costs rows x channels x height x width x 4 bytes.
  std::size_t allocated() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace forebay
