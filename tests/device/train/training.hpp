#pragma once

// What the commands of device_train have in common: types, batches, and steps of a replica.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay::device {

/// What a training is computed in, and how far that rounds.
struct Type {
  const char* name;
  Precision precision;
  bool tf32;
  // Distances from the CPU's float32 that are allowed, relative: of the loss, and of gradients of a
  // shallow and of a deep network.
  double loss, shallow, deep;
};

/// By its name. Throws `Error` where there is none.
const Type& type_of(const std::string& name);

/// GPU 0. Throws `Error` where it cannot be used.
GpuId gpu();

inline constexpr SgdOptions kSgd{.momentum = 0.9, .weight_decay = 1e-4};

/// Pixels, normalised as ImageNet's are.
inline const ImageInput kPixels{.type = SampleType::kUint8,
                                .mean = {123.68F, 116.779F, 103.939F},
                                .std_dev = {58.393F, 57.12F, 57.375F}};

/// A batch that a GPU copies from by itself, of noise.
class Batch {
 public:
  Batch(const Network& network, std::size_t rows, SampleType type = SampleType::kFloat32);
  ~Batch() { memory_.give_back(images_); }
  Batch(const Batch&) = delete;  // given back once

  Shard shard() const { return {images_, labels_, labels_.size(), type_}; }
  std::size_t bytes() const { return bytes_; }  // of images

 private:
  BatchMemory memory_;
  SampleType type_;
  std::size_t bytes_;
  std::byte* images_;
  std::vector<int> labels_;
};

/// For `CudaReplicaOptions::tell`: prints why work is not captured.
void tell_not_captured(const std::string& why);

/// Weights to begin with, always the same.
void load_initial(Replica& replica, const Network& network);

/// Seconds of the median step, trained as the trainer does: the next batch is on its way while a
/// step runs, and a mean of gradients that the host makes goes back to the GPU.
double median_step(Replica& replica, const Shard& shard);

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace forebay::device
