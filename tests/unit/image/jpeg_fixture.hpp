#pragma once

// JPEGs of any layout, written by libjpeg, for tests of decoding.

#include <cstdio>

#include <jpeglib.h>

#include <cstdlib>
#include <span>
#include <vector>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/random.hpp>

#include "fixtures.hpp"

namespace forebay {

enum class Scans { kOne, kSeveral };

struct JpegLayout {
  const char* name;
  int horizontal;  // pixels that share a chroma sample
  int vertical;
  Scans scans = Scans::kOne;
  int restart_rows = 0;
  int quality = 85;
};

/// `pixels`, gray or RGB, as a JPEG; `set` changes libjpeg's default parameters.
inline std::vector<std::byte> encode_jpeg(const cv::Mat& pixels, const auto& set) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&jpeg, &bytes, &count);
  jpeg.image_width = static_cast<JDIMENSION>(pixels.cols);
  jpeg.image_height = static_cast<JDIMENSION>(pixels.rows);
  jpeg.input_components = pixels.channels();
  jpeg.in_color_space = pixels.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  set(jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  for (int y = 0; y < pixels.rows; ++y) {
    auto row = const_cast<JSAMPROW>(pixels.ptr(y));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  std::vector<std::byte> encoded(first, first + count);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return encoded;
}

inline std::vector<std::byte> encode_as(const cv::Mat& pixels, const JpegLayout& layout) {
  return encode_jpeg(pixels, [&](jpeg_compress_struct& jpeg) {
    jpeg_set_quality(&jpeg, layout.quality, TRUE);
    jpeg.comp_info[0].h_samp_factor = layout.horizontal;
    jpeg.comp_info[0].v_samp_factor = layout.vertical;
    jpeg.restart_in_rows = layout.restart_rows;
    if (layout.scans == Scans::kSeveral) jpeg_simple_progression(&jpeg);
  });
}

/// Noise, so that each pixel differs from its neighbours in luma and chroma.
inline std::vector<std::byte> encode_noise(ImageSize size, const JpegLayout& layout) {
  return encode_as(noise(size.height, size.width, 3), layout);
}

/// Any rectangle of an image.
inline Crop any_crop(ImageSize size, Random& random) {
  const auto up_to = [&random](int most) {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(most) + 1));
  };
  const int height = 1 + up_to(size.height - 1), width = 1 + up_to(size.width - 1);
  return {up_to(size.height - height), up_to(size.width - width), height, width};
}

}  // namespace forebay
