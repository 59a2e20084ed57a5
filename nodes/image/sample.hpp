#pragma once

// How a sample lies in memory.

#include <cstddef>
#include <cstdint>

namespace forebay {

/// A 16-bit number of IEEE 754 (binary16), by its bits.
struct Float16 {
  std::uint16_t bits = 0;

  friend bool operator==(Float16, Float16) = default;
};

enum class SampleType : std::uint8_t {
  kFloat32,
  kFloat16,  // rounded to the nearest (towards 0 on processors without F16C)
  kUint8,    // pixels, 0 to 255, for whoever normalises them: rounded to the nearest
};

enum class SampleLayout : std::uint8_t {
  kNhwc,  // the channels of a pixel side by side
  kNchw,  // each channel's pixels by themselves
};

/// What values a batch's samples have, and in which order. Devices take NHWC: CPUs kFloat32, GPUs
/// kUint8 too.
struct SampleFormat {
  SampleType type = SampleType::kFloat32;
  SampleLayout layout = SampleLayout::kNhwc;

  friend bool operator==(const SampleFormat&, const SampleFormat&) = default;
};

/// Bytes of one value.
constexpr std::size_t value_bytes(SampleType type) {
  if (type == SampleType::kUint8) return sizeof(std::uint8_t);
  return type == SampleType::kFloat16 ? sizeof(Float16) : sizeof(float);
}

/// Memory that a sample is written to, which someone else owns: height x width x channels values
/// without gaps.
struct SampleOut {
  // Not explicit: a pointer to floats is a sample in the usual format.
  SampleOut(float* out, SampleLayout layout = SampleLayout::kNhwc)
      : values(out), format{SampleType::kFloat32, layout} {}
  SampleOut(Float16* out, SampleLayout layout = SampleLayout::kNhwc)
      : values(out), format{SampleType::kFloat16, layout} {}
  SampleOut(std::uint8_t* out, SampleLayout layout = SampleLayout::kNhwc)
      : values(out), format{SampleType::kUint8, layout} {}

  void* values;
  SampleFormat format;
};

}  // namespace forebay
