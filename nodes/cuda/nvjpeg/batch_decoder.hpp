#pragma once

// Files that threads bring to nvJPEG at the same time, decoded together.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/nvjpeg/library.hpp>

namespace forebay::cuda {

/// One file, and where its planes go.
struct DecodeRequest {
  struct Copy {
    std::byte* to;
    const std::byte* from;
    std::size_t bytes;
  };
  std::span<const std::byte> file;
  NvjpegImage image{};           // in the GPU's memory
  std::array<Copy, 3> copies{};  // from there to pinned memory

  // The decoder's.
  bool done = false, decoded = false;
  std::exception_ptr error{};
};

/// nvJPEG on one GPU: its decoding engine, where that has one that works, else its multiprocessors.
/// Thread-safe.
class BatchDecoder {
 public:
  /// `tell` gets a line where the engine is given up; from any thread. Throws `Error` where there
  /// is no nvJPEG, or where it refuses the GPU.
  BatchDecoder(GpuId gpu, std::function<void(const std::string& line)> tell,
               const std::string& library);
  ~BatchDecoder();
  BatchDecoder(const BatchDecoder&) = delete;  // owns nvJPEG's handles

  /// Waits until the planes have been copied. False where nvJPEG does not decode the file. Throws
  /// `Error` where the GPU fails, and where nvJPEG does with one file after the other.
  bool decode(DecodeRequest& request);

 private:
  void decode_all(std::span<DecodeRequest* const> batch);
  bool decode_at_once(std::span<DecodeRequest* const> batch);
  void file_failed(int status);
  int open(int backend);
  void close();

  const GpuId gpu_;
  const std::function<void(const std::string& line)> tell_;
  const NvjpegLibrary library_;
  NvjpegHandle* handle_ = nullptr;
  NvjpegState* state_ = nullptr;
  int backend_ = 0;
  int failed_in_row_ = 0;
  Stream stream_;
  Event copied_;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<DecodeRequest*> waiting_;
  bool busy_ = false;  // one thread decodes for all
};

}  // namespace forebay::cuda
