#pragma once

// nvJPEG's functions, found when the program runs, with as much of its binary interface as they
// need: so its header is not needed to build. For sources of this folder.

#include <cuda_runtime.h>

#include <cstddef>
#include <string>

namespace forebay::cuda {

struct NvjpegHandle;  // nvjpegHandle
struct NvjpegState;   // nvjpegJpegState

/// nvjpegImage_t: where planes go, in a GPU's memory.
struct NvjpegImage {
  unsigned char* channel[4];
  std::size_t pitch[4];
};

/// Stays loaded. Every function gives 0 for success.
struct NvjpegLibrary {
  static constexpr int kYuv = 1;                             // nvjpegOutputFormat_t
  static constexpr int kGpuHybrid = 2, kHardware = 3;        // nvjpegBackend_t
  static constexpr int kBadJpeg = 3, kJpegNotSupported = 4;  // nvjpegStatus_t
  static constexpr int kNotImplemented = 9, kIncomplete = 10;

  /// An empty `name` stands for NVIDIA's, of CUDA 13 or 12. Throws `Error`, with what to do, where
  /// it is not there or too old.
  explicit NvjpegLibrary(const std::string& name);

  int (*create)(int backend, void* device_allocator, void* pinned_allocator, unsigned flags,
                NvjpegHandle** handle);
  int (*destroy)(NvjpegHandle* handle);
  int (*create_state)(NvjpegHandle* handle, NvjpegState** state);
  int (*destroy_state)(NvjpegState* state);
  int (*begin_batch)(NvjpegHandle* handle, NvjpegState* state, int batch_size, int cpu_threads,
                     int output_format);
  int (*decode_batch)(NvjpegHandle* handle, NvjpegState* state, const unsigned char* const* files,
                      const std::size_t* bytes, NvjpegImage* images, cudaStream_t stream);
};

}  // namespace forebay::cuda
