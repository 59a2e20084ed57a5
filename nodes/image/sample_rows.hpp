#pragma once

// The vector loops that write samples, a row at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/sample.hpp>

namespace forebay::detail {

constexpr int kRowBits = 7;
constexpr int kRowUnit = 1 << kRowBits;  // what the weights of two rows are together

/// A row of a plane between two of its rows, times kRowUnit, and where its samples are.
struct PlaneRow {
  std::vector<std::int16_t> pixels;
  std::vector<std::int32_t> offsets;  // of each sample's left neighbour, in bytes
  std::vector<float> weights;         // of its right neighbour
};

using PlaneRows = std::array<PlaneRow, 3>;

/// Normalised RGB as sums of a constant and of Y, Cb and Cr, and its limits.
struct ColorMap {
  std::array<float, 3> y, constant, low, high;
  float red_cr, green_cb, green_cr, blue_cb;
};

enum class Stores : std::uint8_t { kThroughCaches, kPastCaches };

/// Where a row of a sample goes: the first value of each channel, of which NHWC uses the first.
struct SampleRow {
  std::array<void*, 3> channels{};
  SampleFormat format;
};

/// Row `y` of a sample.
SampleRow sample_row(const SampleOut& out, ImageSize size, int channels, int y);

/// out = first x (kRowUnit - weight) + second x weight. Reads and writes a vector too far at most.
void blend_rows(const std::uint8_t* first, const std::uint8_t* second, int weight,
                std::size_t count, std::int16_t* out);

/// Writes a row of `count` pixels; past the caches if asked, where `out` is aligned for it.
void write_row(const PlaneRows& rows, std::size_t count, const ColorMap& map, Stores stores,
               const SampleRow& out);

/// Writes a row of `count` finished pixels, whose channels lie side by side, as kFloat32 or
/// kFloat16. Reads three vectors too far at most.
void write_row(const float* pixels, std::size_t count, int channels, const SampleRow& out);

}  // namespace forebay::detail
