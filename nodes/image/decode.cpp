#include <forebay/nodes/image/decode.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/jpeg.hpp>
#include <forebay/nodes/image/opencv.hpp>

namespace forebay {
namespace {

bool has(std::span<const std::byte> bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char c, std::byte b) {
                      return static_cast<unsigned char>(c) == std::to_integer<unsigned char>(b);
                    });
}

/// `count` bytes at `at` as a number; the first byte is the lowest.
std::uint32_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

struct Size {
  long long width = 0;
  long long height = 0;
};

/// From the header, so that nothing is allocated for a damaged one.
Size png_size(std::span<const std::byte> bytes) {
  if (bytes.size() < 24) throw Error("PNG: premature end of data");
  return {big_endian(bytes, 16), big_endian(bytes, 20)};
}

Size bmp_size(std::span<const std::byte> bytes) {
  if (bytes.size() < 26) throw Error("BMP: premature end of data");
  const bool os2 = little_endian(bytes, 14, 4) == 12;
  if (os2) return {little_endian(bytes, 18, 2), little_endian(bytes, 20, 2)};
  const auto width = static_cast<std::int32_t>(little_endian(bytes, 18, 4));
  const auto height = static_cast<std::int32_t>(little_endian(bytes, 22, 4));
  // A negative height means that the first row is the top one.
  return {width, height < 0 ? -static_cast<long long>(height) : height};
}

void check_size(const char* format, Size size) {
  if (size.width <= 0 || size.height <= 0) {
    throw Error(fmt::format("{}: {} x {} pixels", format, size.width, size.height));
  }
  if (size.width > detail::kMaxPixels / size.height) {
    throw Error(
        fmt::format("{}: {} x {} is more than 2^28 pixels", format, size.width, size.height));
  }
}

Image decode_with_opencv(const char* format, std::span<const std::byte> bytes,
                         const ImagePool& pool, int channels) {
  detail::keep_opencv_single_threaded();
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(fmt::format("{}: more than 2 GiB", format));
  }
  cv::Mat decoded;
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                        const_cast<std::byte*>(bytes.data()));
  const int color = channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
  try {
    if (cv::imdecode(encoded, color | cv::IMREAD_IGNORE_ORIENTATION, &decoded).empty()) {
      throw Error(fmt::format("{}: damaged or cut off", format));
    }
    Image image = pool.take(decoded.rows, decoded.cols, channels);
    cv::Mat pixels = detail::to_mat(image);
    if (channels == 1) {
      decoded.copyTo(pixels);
    } else {
      cv::cvtColor(decoded, pixels, cv::COLOR_BGR2RGB);
    }
    return image;
  } catch (const cv::Exception& error) {
    throw Error(fmt::format("{}: {}", format, error.err));
  }
}

Image decode_other(std::span<const std::byte> bytes, const ImagePool& pool, int channels) {
  if (has(bytes, 0, "\x89PNG\r\n\x1a\n")) {
    check_size("PNG", png_size(bytes));
    return decode_with_opencv("PNG", bytes, pool, channels);
  }
  if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) {
    return decode_with_opencv("WebP", bytes, pool, channels);  // at most 2^28 pixels by its format
  }
  if (has(bytes, 0, "BM")) {
    check_size("BMP", bmp_size(bytes));
    return decode_with_opencv("BMP", bytes, pool, channels);
  }
  throw Error("the image is neither JPEG, PNG, WebP nor BMP");
}

}  // namespace

ImagePart decode_part(std::span<const std::byte> bytes, const ImagePool& pool, int channels,
                      const NeededPart& needed) {
  if (bytes.empty()) throw Error("the image has no bytes");
  if (has(bytes, 0, "\xff\xd8\xff")) return detail::decode_jpeg(bytes, pool, channels, needed);
  ImagePart image = whole_image(decode_other(bytes, pool, channels));
  needed(image.whole);  // it may refuse the image
  return image;
}

Image decode(std::span<const std::byte> bytes, const ImagePool& pool, int channels) {
  return decode_part(bytes, pool, channels, all_of).pixels;
}

}  // namespace forebay
