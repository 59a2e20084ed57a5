#include <forebay/nodes/image/baseline/frame.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace forebay::detail {
namespace {

using Bytes = std::span<const std::byte>;

constexpr unsigned kStartOfFrame = 0xc0, kHuffman = 0xc4, kStartOfImage = 0xd8, kStartOfScan = 0xda,
                   kQuantization = 0xdb, kRestartInterval = 0xdd, kApp0 = 0xe0, kApp14 = 0xee;

unsigned byte_at(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

unsigned two_bytes_at(Bytes bytes, std::size_t at) {
  return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

bool begins(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// Reads the segments before the compressed data, each by the function for its marker; these return
/// false for what is not this kind of JPEG.
class FrameReader {
 public:
  bool read(Bytes jpeg);
  const JpegFrame& frame() const { return frame_; }

 private:
  bool read_segment(unsigned marker, Bytes content);
  bool read_quantization(Bytes content);
  bool read_huffman(Bytes content);
  bool read_size(Bytes content);
  bool read_scan(Bytes content);
  bool colors_are_ycc() const;

  JpegFrame frame_;
  bool jfif_ = false;
  bool adobe_ = false;
  unsigned adobe_transform_ = 0;
  unsigned quant_seen_ = 0;  // a bit for each table
  unsigned dc_seen_ = 0;
  unsigned ac_seen_ = 0;
};

bool FrameReader::read(Bytes jpeg) {
  if (jpeg.size() < 4 || two_bytes_at(jpeg, 0) != (0xff00 | kStartOfImage)) return false;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    if (byte_at(jpeg, at) != 0xff) return false;
    const unsigned marker = byte_at(jpeg, at + 1);
    const std::size_t size = two_bytes_at(jpeg, at + 2);
    if (size < 2 || at + 2 + size > jpeg.size()) return false;
    const Bytes content = jpeg.subspan(at + 4, size - 2);
    at += 2 + size;
    if (marker == kStartOfScan) {
      frame_.scan = jpeg.subspan(at);
      return read_scan(content);
    }
    if (!read_segment(marker, content)) return false;
  }
  return false;
}

bool FrameReader::read_segment(unsigned marker, Bytes content) {
  switch (marker) {
    case kStartOfFrame:
      return frame_.size.width == 0 && read_size(content);
    case kHuffman:
      return read_huffman(content);
    case kQuantization:
      return read_quantization(content);
    case kRestartInterval:
      if (content.size() != 2) return false;
      frame_.restart_interval = static_cast<int>(two_bytes_at(content, 0));
      return true;
    case kApp0:
      jfif_ = jfif_ || begins(content, std::string_view("JFIF\0", 5));
      return true;
    case kApp14:
      if (content.size() >= 12 && begins(content, "Adobe")) {
        adobe_ = true;
        adobe_transform_ = byte_at(content, 11);
      }
      return true;
    default:  // other metadata and comments say nothing of the pixels; other frames are not ours
      return (marker > kApp0 && marker <= 0xef) || marker == 0xfe;
  }
}

bool FrameReader::read_quantization(Bytes content) {
  while (!content.empty()) {
    const unsigned index = byte_at(content, 0);  // the upper half: 1 for numbers of two bytes
    if (index > 3 || content.size() < 65) return false;
    for (std::size_t i = 0; i < 64; ++i) {
      frame_.quant[index][i] = static_cast<std::uint16_t>(byte_at(content, 1 + i));
    }
    quant_seen_ |= 1u << index;
    content = content.subspan(65);
  }
  return true;
}

bool FrameReader::read_huffman(Bytes content) {
  while (!content.empty()) {
    if (content.size() < 17) return false;
    const unsigned kind = byte_at(content, 0) >> 4, index = byte_at(content, 0) & 15;
    if (kind > 1 || index > 3) return false;
    HuffmanCodes& codes = (kind == 0 ? frame_.dc : frame_.ac)[index];
    codes = {};
    std::size_t count = 0;
    for (std::size_t i = 0; i < 16; ++i) {
      codes.counts[i] = static_cast<std::uint8_t>(byte_at(content, 1 + i));
      count += codes.counts[i];
    }
    if (count > 256 || content.size() < 17 + count) return false;
    for (std::size_t i = 0; i < count; ++i) {
      codes.symbols[i] = static_cast<std::uint8_t>(byte_at(content, 17 + i));
    }
    (kind == 0 ? dc_seen_ : ac_seen_) |= 1u << index;
    content = content.subspan(17 + count);
  }
  return true;
}

bool FrameReader::read_size(Bytes content) {
  if (content.size() != 15 || byte_at(content, 0) != 8 || byte_at(content, 5) != 3) return false;
  frame_.size = {static_cast<int>(two_bytes_at(content, 3)),
                 static_cast<int>(two_bytes_at(content, 1))};
  for (std::size_t i = 0; i < 3; ++i) {
    JpegComponent& component = frame_.components[i];
    component.id = static_cast<int>(byte_at(content, 6 + 3 * i));
    component.horizontal = static_cast<int>(byte_at(content, 7 + 3 * i) >> 4);
    component.vertical = static_cast<int>(byte_at(content, 7 + 3 * i) & 15);
    component.quant = byte_at(content, 8 + 3 * i);
    const int most = i == 0 ? 2 : 1;
    const auto fits = [most](int factor) { return factor >= 1 && factor <= most; };
    if (!fits(component.horizontal) || !fits(component.vertical)) return false;
  }
  return frame_.size.width > 0 && frame_.size.height > 0;
}

bool FrameReader::read_scan(Bytes content) {
  if (frame_.size.width == 0 || content.size() != 10 || byte_at(content, 0) != 3) return false;
  for (std::size_t i = 0; i < 3; ++i) {
    JpegComponent& component = frame_.components[i];
    if (byte_at(content, 1 + 2 * i) != static_cast<unsigned>(component.id)) return false;
    component.dc = byte_at(content, 2 + 2 * i) >> 4;
    component.ac = byte_at(content, 2 + 2 * i) & 15;
    const auto seen = [](unsigned tables, std::size_t at) {
      return at < 4 && (tables >> at & 1) != 0;
    };
    if (!seen(dc_seen_, component.dc) || !seen(ac_seen_, component.ac) ||
        !seen(quant_seen_, component.quant)) {
      return false;
    }
  }
  const bool sequential =
      byte_at(content, 7) == 0 && byte_at(content, 8) == 63 && byte_at(content, 9) == 0;
  return sequential && colors_are_ycc();
}

/// Judged as libjpeg does.
bool FrameReader::colors_are_ycc() const {
  if (jfif_) return true;
  if (adobe_) return adobe_transform_ == 1;
  const auto& [y, cb, cr] = frame_.components;
  return y.id == 1 && cb.id == 2 && cr.id == 3;
}

}  // namespace

std::optional<JpegFrame> read_frame(Bytes jpeg) {
  FrameReader reader;
  if (!reader.read(jpeg)) return std::nullopt;
  return reader.frame();
}

}  // namespace forebay::detail
