#pragma once

// From compressed data to coefficients, for the MCUs that are needed.

#include <array>
#include <cstddef>
#include <cstdint>

#include <forebay/nodes/image/baseline/bits.hpp>
#include <forebay/nodes/image/baseline/frame.hpp>
#include <forebay/nodes/image/baseline/huffman.hpp>
#include <forebay/nodes/image/baseline/idct.hpp>
#include <forebay/nodes/image/baseline/scan_bytes.hpp>

namespace forebay::detail {

/// Where the coefficients of one component of a row of MCUs go, in the layout of idct.hpp, all
/// zeros before.
struct CoefficientRows {
  std::array<std::int16_t*, 2> rows{};  // of blocks, as many as the component is sampled vertically
};

/// How the blocks of one component are coded.
struct EntropyComponent {
  const HuffmanTable* dc = nullptr;
  const HuffmanTable* ac = nullptr;
  DctScale scale;
  int horizontal = 1;
  int vertical = 1;
  int last_dc = 0;
};

/// Goes through a scan from its begin, and never back. What it cannot decode it refuses: libjpeg is
/// to judge it.
class EntropyDecoder {
 public:
  /// `scan` has the compressed data of `frame`; both outlive the decoder. `size` is the side of the
  /// blocks that are made of the coefficients.
  EntropyDecoder(const JpegFrame& frame, const ScanBytes& scan, int size);

  /// False for tables that are refused.
  bool ready() const { return ready_; }

  /// Makes MCU number `mcu`, in the order of the scan, the next one. False where data end too early
  /// or make no sense.
  bool seek(int mcu);

  /// The next `count` MCUs of a row; false as above.
  bool decode(int count, const std::array<CoefficientRows, 3>& rows);

 private:
  bool begin_segment(std::size_t segment);
  bool begin_mcu();

  const ScanBytes& scan_;
  std::array<EntropyComponent, 3> components_;
  bool ready_ = false;
  int restart_interval_ = 0;
  int mcu_ = 0;
  std::size_t segment_ = 0;
  Bits bits_;
};

}  // namespace forebay::detail
