#include <forebay/nodes/image/header.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace forebay {
namespace {

using Bytes = std::span<const std::byte>;

enum class Endian : std::uint8_t { kLittle, kBig };

std::uint32_t number(Bytes bytes, std::size_t at, std::size_t count, Endian endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = endian == Endian::kBig ? at + i : at + count - 1 - i;
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[place]);
  }
  return value;
}

bool has(Bytes bytes, std::string_view text, std::size_t at = 0) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

// The content of the first segment of a JPEG whose marker and content `wanted` accepts, up to the
// compressed data.
template <typename Wanted>
std::optional<Bytes> find_segment(Bytes jpeg, Wanted wanted) {
  if (!is_jpeg(jpeg)) return std::nullopt;
  constexpr std::uint32_t kStartOfScan = 0xda;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    if (number(jpeg, at, 1, Endian::kBig) != 0xff) return std::nullopt;
    const std::uint32_t marker = number(jpeg, at + 1, 1, Endian::kBig);
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    const std::size_t size = number(jpeg, at + 2, 2, Endian::kBig);
    if (marker == kStartOfScan || size < 2 || at + 2 + size > jpeg.size()) return std::nullopt;
    const Bytes content = jpeg.subspan(at + 4, size - 2);
    if (wanted(marker, content)) return content;
    at += 2 + size;
  }
  return std::nullopt;
}

bool is_gray_jpeg(Bytes bytes) {
  const auto frame = find_segment(bytes, [](std::uint32_t marker, Bytes content) {
    const bool start_of_frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    return start_of_frame && content.size() >= 6;
  });
  return frame && number(*frame, 5, 1, Endian::kBig) == 1;
}

// From the first directory of a TIFF block, as EXIF has it.
std::uint32_t tiff_orientation(Bytes tiff) {
  constexpr std::uint32_t kTag = 0x0112, kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  if (tiff.size() < 8) return 1;
  const Endian endian = has(tiff, "II") ? Endian::kLittle : Endian::kBig;
  const std::size_t directory = number(tiff, 4, 4, endian);
  if (directory > tiff.size() - 2) return 1;
  const std::size_t entries = number(tiff, directory, 2, endian);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * kEntryBytes;
    if (at + kEntryBytes > tiff.size()) return 1;
    if (number(tiff, at, 2, endian) == kTag && number(tiff, at + 2, 2, endian) == kShort) {
      return number(tiff, at + 8, 2, endian);
    }
  }
  return 1;
}

template <typename... Values>
bool one_of(Orientation orientation, Values... values) {
  return ((orientation == values) || ...);
}

}  // namespace

bool is_jpeg(Bytes bytes) { return has(bytes, "\xff\xd8\xff"); }

bool is_stored_gray(Bytes bytes) {
  constexpr std::size_t kPngColorType = 25;
  if (has(bytes, "\x89PNG\r\n\x1a\n")) {
    return bytes.size() > kPngColorType && bytes[kPngColorType] == std::byte{0};
  }
  return is_gray_jpeg(bytes);
}

Orientation stored_orientation(Bytes bytes) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  const auto exif = find_segment(bytes, [kExif](std::uint32_t marker, Bytes content) {
    return marker == 0xe1 && has(content, kExif);
  });
  const std::uint32_t value = exif ? tiff_orientation(exif->subspan(kExif.size())) : 1;
  return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::kUpright;
}

Image turn(const Image& image, Orientation orientation) {
  using enum Orientation;
  if (orientation == kUpright) return image;
  const bool transposed = orientation >= kTransposed;
  const bool from_right =
      one_of(orientation, kMirrored, kUpsideDown, kTransposedOtherWay, kCounterclockwise);
  const bool from_below =
      one_of(orientation, kUpsideDown, kUpsideDownMirrored, kClockwise, kTransposedOtherWay);
  const int height = transposed ? image.width() : image.height();
  const int width = transposed ? image.height() : image.width();
  const auto channels = static_cast<std::size_t>(image.channels());
  Image turned = image.pool().take(height, width, image.channels());
  for (int y = 0; y < height; ++y) {
    std::uint8_t* to = turned.row(y);
    for (int x = 0; x < width; ++x, to += channels) {
      const int row = transposed ? x : y, column = transposed ? y : x;
      const std::uint8_t* from = image.row(from_below ? image.height() - 1 - row : row);
      const int place = from_right ? image.width() - 1 - column : column;
      std::memcpy(to, from + static_cast<std::size_t>(place) * channels, channels);
    }
  }
  return turned;
}

}  // namespace forebay
