#pragma once

// The header of a baseline JPEG, for decoding it without libjpeg.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <forebay/nodes/image/image.hpp>

namespace forebay::detail {

/// Codes as a JPEG stores them: how many have 1, 2, ... 16 bits, and their symbols in this order.
struct HuffmanCodes {
  std::array<std::uint8_t, 16> counts{};
  std::array<std::uint8_t, 256> symbols{};

  friend bool operator==(const HuffmanCodes&, const HuffmanCodes&) = default;
};

/// One of Y, Cb and Cr.
struct JpegComponent {
  int id = 0;
  int horizontal = 1;  // blocks of an MCU across
  int vertical = 1;
  std::size_t quant = 0;  // index of its tables
  std::size_t dc = 0;
  std::size_t ac = 0;
};

/// What the common kind of JPEG says before its compressed data: baseline, three components Y, Cb
/// and Cr in one scan, luma sampled once or twice as often as chroma in each direction.
struct JpegFrame {
  ImageSize size;
  std::array<JpegComponent, 3> components;
  std::array<std::array<std::uint16_t, 64>, 4> quant{};  // in the order of the scan (zigzag)
  std::array<HuffmanCodes, 4> dc;
  std::array<HuffmanCodes, 4> ac;
  int restart_interval = 0;         // MCUs between restart markers; 0: no markers
  std::span<const std::byte> scan;  // from the first compressed byte to the end of the file

  int mcu_width() const { return 8 * components[0].horizontal; }
  int mcu_height() const { return 8 * components[0].vertical; }
};

/// Nothing for another kind of JPEG and where anything looks odd: libjpeg is to judge it then.
std::optional<JpegFrame> read_frame(std::span<const std::byte> jpeg);

}  // namespace forebay::detail
