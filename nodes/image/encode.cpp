#include <forebay/nodes/image/encode.hpp>

#include <cstring>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/jpeg.hpp>
#include <forebay/nodes/image/opencv.hpp>

namespace forebay {

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) {
    throw Error(fmt::format("JPEG quality {} is not in 1 to 100", quality));
  }
  return detail::encode_jpeg(image, quality);
}

std::vector<std::byte> repack_jpeg(std::span<const std::byte> jpeg, int restart_rows) {
  if (restart_rows < 1 || restart_rows > 65535) {
    throw Error(fmt::format("{} rows between restart markers are not 1 to 65535", restart_rows));
  }
  return detail::repack_jpeg(jpeg, restart_rows);
}

std::vector<std::byte> encode_png(const Image& image, int level) {
  if (level < 0 || level > 9) throw Error(fmt::format("PNG level {} is not in 0 to 9", level));
  detail::keep_opencv_single_threaded();
  cv::Mat pixels = detail::to_mat(image.view());
  cv::Mat bgr;
  if (image.channels() == 3) {
    cv::cvtColor(pixels, bgr, cv::COLOR_RGB2BGR);
    pixels = bgr;
  }
  std::vector<unsigned char> encoded;
  if (!cv::imencode(".png", pixels, encoded, {cv::IMWRITE_PNG_COMPRESSION, level})) {
    throw Error(
        fmt::format("PNG: {} x {} pixels cannot be encoded", image.width(), image.height()));
  }
  std::vector<std::byte> bytes(encoded.size());
  std::memcpy(bytes.data(), encoded.data(), encoded.size());
  return bytes;
}

}  // namespace forebay
