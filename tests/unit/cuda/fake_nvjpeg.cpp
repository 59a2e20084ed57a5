// In nvJPEG's place: decodes with libjpeg, in the host's memory.

#include "fake_nvjpeg.hpp"

#include <cuda_runtime.h>
#include <stdio.h>

#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstring>
#include <vector>

#include <forebay/nodes/cuda/nvjpeg/library.hpp>

using forebay::cuda::NvjpegHandle;
using forebay::cuda::NvjpegImage;
using forebay::cuda::NvjpegState;

struct forebay::cuda::NvjpegHandle {
  int backend;
};
struct forebay::cuda::NvjpegState {
  int batch_size = 0;
};

namespace {

FakeNvjpeg fake;

struct Failure : jpeg_error_mgr {
  std::jmp_buf jump;
};

// A row of MCUs at a time, as libjpeg gives planes.
void read_planes(jpeg_decompress_struct& info, const NvjpegImage& image) {
  std::array<std::vector<unsigned char>, 3> pixels;
  std::array<std::vector<JSAMPROW>, 3> rows;
  std::array<JSAMPARRAY, 3> arrays;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto& part = info.comp_info[c];
    const auto height = static_cast<std::size_t>(part.v_samp_factor * DCTSIZE);
    const std::size_t width = part.width_in_blocks * DCTSIZE + DCTSIZE;
    pixels[c].resize(height * width);
    for (std::size_t y = 0; y < height; ++y) rows[c].push_back(pixels[c].data() + y * width);
    arrays[c] = rows[c].data();
  }
  const auto lines = static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
  for (JDIMENSION line = 0; line < info.output_height; line += lines) {
    jpeg_read_raw_data(&info, arrays.data(), lines);
    for (std::size_t c = 0; c < 3; ++c) {
      const auto& part = info.comp_info[c];
      const std::size_t first = line / lines * rows[c].size();
      for (std::size_t y = 0; y < rows[c].size() && first + y < part.downsampled_height; ++y) {
        std::memcpy(image.channel[c] + (first + y) * image.pitch[c], rows[c][y],
                    part.downsampled_width);
      }
    }
  }
}

bool decode(const unsigned char* file, std::size_t bytes, const NvjpegImage& image) {
  jpeg_decompress_struct info;
  Failure failure;
  info.err = jpeg_std_error(&failure);
  failure.error_exit = [](j_common_ptr common) {
    std::longjmp(static_cast<Failure*>(common->err)->jump, 1);
  };
  failure.emit_message = [](j_common_ptr, int) {};
  jpeg_create_decompress(&info);
  const bool good = setjmp(failure.jump) == 0;
  if (good) {
    jpeg_mem_src(&info, file, bytes);
    jpeg_read_header(&info, TRUE);
    info.raw_data_out = TRUE;
    info.out_color_space = JCS_YCbCr;
    jpeg_start_decompress(&info);
    read_planes(info, image);
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return good;
}

}  // namespace

extern "C" {

FakeNvjpeg* fake_nvjpeg() { return &fake; }

int nvjpegCreateEx(int backend, void*, void*, unsigned, NvjpegHandle** handle) {
  if (!fake.works || (backend == forebay::cuda::NvjpegLibrary::kHardware && !fake.has_engine)) {
    return 7;  // NVJPEG_STATUS_ARCH_MISMATCH
  }
  fake.backend = backend;
  *handle = new NvjpegHandle{backend};
  ++fake.handles;
  return 0;
}

int nvjpegDestroy(NvjpegHandle* handle) {
  delete handle;
  --fake.handles;
  return 0;
}

int nvjpegJpegStateCreate(NvjpegHandle*, NvjpegState** state) {
  *state = new NvjpegState;
  ++fake.states;
  return 0;
}

int nvjpegJpegStateDestroy(NvjpegState* state) {
  delete state;
  --fake.states;
  return 0;
}

int nvjpegDecodeBatchedInitialize(NvjpegHandle*, NvjpegState* state, int batch_size, int, int) {
  state->batch_size = batch_size;
  return 0;
}

int nvjpegDecodeBatched(NvjpegHandle* handle, NvjpegState* state, const unsigned char* const* files,
                        const std::size_t* bytes, NvjpegImage* images, cudaStream_t) {
  const std::lock_guard lock(fake.mutex);
  fake.batches.push_back(state->batch_size);
  if (fake.status != 0) return fake.status;
  const bool engine = handle->backend == forebay::cuda::NvjpegLibrary::kHardware;
  if (engine && fake.engine_status != 0) return fake.engine_status;
  for (int i = 0; i < state->batch_size; ++i) {
    if (bytes[i] == fake.refused_bytes || !decode(files[i], bytes[i], images[i])) return 3;
  }
  return 0;
}
}
