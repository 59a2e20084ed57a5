#include <forebay/nodes/image/sample_planes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "forebay/nodes/image/sample_planes.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef FOREBAY_SAMPLE_PLANES_ONCE
#define FOREBAY_SAMPLE_PLANES_ONCE

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

}  // namespace forebay::detail
#endif

HWY_BEFORE_NAMESPACE();
namespace forebay::detail::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

/// out = first x (kRowUnit - weight) + second x weight. Reads and writes a vector too far at most.
void blend_rows(const std::uint8_t* first, const std::uint8_t* second, int weight,
                std::size_t count, std::int16_t* out) {
  const hn::ScalableTag<std::int16_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const auto of_second = hn::Set(d, static_cast<std::int16_t>(weight));
  const auto of_first = hn::Set(d, static_cast<std::int16_t>(kRowUnit - weight));
  for (std::size_t x = 0; x < count; x += hn::Lanes(d)) {
    const auto a = hn::PromoteTo(d, hn::LoadU(d8, first + x));
    const auto b = hn::PromoteTo(d, hn::LoadU(d8, second + x));
    hn::StoreU(hn::Add(hn::Mul(a, of_first), hn::Mul(b, of_second)), d, out + x);
  }
}

/// Samples `x` and following of a row. Both neighbours are loaded as one number.
HWY_INLINE Vector between_neighbours(const PlaneRow& row, std::size_t x) {
  const Floats d;
  const hn::RebindToSigned<Floats> d32;
  const auto* base = reinterpret_cast<const std::int32_t*>(row.pixels.data());
  const auto both = hn::GatherOffset(d32, base, hn::LoadU(d32, &row.offsets[x]));
  const Vector left = hn::ConvertTo(d, hn::And(both, hn::Set(d32, 0xffff)));
  const Vector right = hn::ConvertTo(d, hn::ShiftRight<16>(both));
  return hn::MulAdd(hn::Sub(right, left), hn::LoadU(d, &row.weights[x]), left);
}

HWY_INLINE Vector limited(Vector value, const ColorMap& map, std::size_t channel) {
  const Floats d;
  return hn::Min(hn::Max(value, hn::Set(d, map.low[channel])), hn::Set(d, map.high[channel]));
}

/// A row of samples: three floats each; past the caches if asked, where `out` is aligned for it.
void write_row(const PlaneRows& rows, std::size_t count, const ColorMap& map, Stores stores,
               float* out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const bool stream = stores == Stores::kPastCaches &&
                      reinterpret_cast<std::uintptr_t>(out) % (lanes * sizeof(float)) == 0;
  for (std::size_t x = 0; x < count; x += lanes) {
    const Vector y = between_neighbours(rows[0], x);
    const Vector cb = between_neighbours(rows[1], x), cr = between_neighbours(rows[2], x);
    const auto luma = [&](std::size_t c) {
      return hn::MulAdd(y, hn::Set(d, map.y[c]), hn::Set(d, map.constant[c]));
    };
    const Vector red = hn::MulAdd(cr, hn::Set(d, map.red_cr), luma(0));
    const Vector green =
        hn::MulAdd(cr, hn::Set(d, map.green_cr), hn::MulAdd(cb, hn::Set(d, map.green_cb), luma(1)));
    const Vector blue = hn::MulAdd(cb, hn::Set(d, map.blue_cb), luma(2));
    const Vector r = limited(red, map, 0), g = limited(green, map, 1), b = limited(blue, map, 2);
    HWY_ALIGN_MAX float rgb[3 * HWY_LANES(float)];
    hn::StoreInterleaved3(r, g, b, d, rgb);
    if (stream && x + lanes <= count) {
      for (std::size_t i = 0; i < 3 * lanes; i += lanes) {
        hn::Stream(hn::Load(d, rgb + i), d, out + 3 * x + i);
      }
    } else {
      std::memcpy(out + 3 * x, rgb, 3 * std::min(lanes, count - x) * sizeof(float));
    }
  }
}

}  // namespace forebay::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace forebay {
namespace detail {
HWY_EXPORT(blend_rows);
HWY_EXPORT(write_row);
}  // namespace detail

namespace {

using detail::ColorMap;
using detail::kRowUnit;
using detail::PlaneRow;
using detail::PlaneRows;

constexpr std::size_t kPadding = 64;  // vectors may read and write as much too far

/// One direction of a plane, and of the region.
struct Axis {
  double begin, length;  // of the region, in the image
  double per_pixel;
  int origin, size;  // of what the plane has

  /// Where sample `i` of `count` is in the plane: between 0 and size - 1.
  double place(int i, int count) const {
    // Half pixels at the region's edges have no neighbour: they take the edge's value.
    const double exact = std::clamp(begin + (i + 0.5) * length / count - 0.5, begin,
                                    std::max(begin, begin + length - 1));
    return std::clamp((exact + 0.5) * per_pixel - 0.5 - origin, 0.0, size - 1.0);
  }

  /// The first of the two neighbours of a place; the second one may have all of the weight.
  int first(double place) const { return std::min(static_cast<int>(place), std::max(0, size - 2)); }
};

/// Where each sample of a row is: the same for all rows.
void prepare(const Plane& plane, const Region& region, int width, Mirror mirror, PlaneRow& row) {
  const auto count = static_cast<std::size_t>(width);
  row.offsets.assign(count + kPadding, 0);
  row.weights.assign(count + kPadding, 0);
  const Axis axis{region.x, region.width, plane.per_x, plane.place.x, plane.place.width};
  for (int x = 0; x < width; ++x) {
    const double place = axis.place(mirror == Mirror::kYes ? width - 1 - x : x, width);
    const int first = axis.first(place);
    row.offsets[static_cast<std::size_t>(x)] = first * static_cast<int>(sizeof(std::int16_t));
    row.weights[static_cast<std::size_t>(x)] = static_cast<float>(place - first);
  }
  const std::size_t pixels = static_cast<std::size_t>(plane.place.width) + kPadding;
  if (row.pixels.size() < pixels) row.pixels.resize(pixels);
}

void blend(const Plane& plane, const Region& region, int y, int height, PlaneRow& row) {
  const Axis axis{region.y, region.height, plane.per_y, plane.place.y, plane.place.height};
  const double place = axis.place(y, height);
  const int first = axis.first(place);
  const int weight = static_cast<int>(std::lround((place - first) * kRowUnit));
  const std::uint8_t* above = plane.pixels + static_cast<std::size_t>(first) * plane.stride;
  const std::uint8_t* below = weight > 0 ? above + plane.stride : above;
  HWY_DYNAMIC_DISPATCH(detail::blend_rows)
  (above, below, weight, static_cast<std::size_t>(plane.place.width), row.pixels.data());
}

/// JFIF's colours, from values times kRowUnit.
ColorMap color_map(const std::array<float, 3>& mean, const std::array<float, 3>& std_dev) {
  constexpr float kRedCr = 1.402f, kGreenCb = -0.344136f, kGreenCr = -0.714136f, kBlueCb = 1.772f;
  constexpr std::array<float, 3> kChroma{kRedCr, kGreenCb + kGreenCr, kBlueCb};
  ColorMap map{};
  for (std::size_t c = 0; c < 3; ++c) {
    map.y[c] = 1 / (kRowUnit * std_dev[c]);
    map.constant[c] = (-128 * kChroma[c] - mean[c]) / std_dev[c];
    map.low[c] = -mean[c] / std_dev[c];
    map.high[c] = (255 - mean[c]) / std_dev[c];
  }
  map.red_cr = kRedCr * map.y[0];
  map.green_cb = kGreenCb * map.y[1];
  map.green_cr = kGreenCr * map.y[1];
  map.blue_cb = kBlueCb * map.y[2];
  return map;
}

}  // namespace

void sample_planes(const YccPart& part, const Region& region, ImageSize size, Mirror mirror,
                   const std::array<float, 3>& mean, const std::array<float, 3>& std_dev,
                   float* out) {
  // Large samples make batches that are larger than the caches: there is no use in reading the
  // memory first that is about to be written, or in keeping it.
  constexpr int kLargePixels = 100 * 100;
  const bool large = size.width * size.height >= kLargePixels;
  const detail::Stores stores =
      large ? detail::Stores::kPastCaches : detail::Stores::kThroughCaches;
  thread_local PlaneRows rows;
  const ColorMap map = color_map(mean, std_dev);
  for (std::size_t p = 0; p < rows.size(); ++p) {
    prepare(part.planes[p], region, size.width, mirror, rows[p]);
  }
  for (int y = 0; y < size.height; ++y) {
    for (std::size_t p = 0; p < rows.size(); ++p) {
      blend(part.planes[p], region, y, size.height, rows[p]);
    }
    const auto count = static_cast<std::size_t>(size.width);
    HWY_DYNAMIC_DISPATCH(detail::write_row)
    (rows, count, map, stores, out + 3 * count * static_cast<std::size_t>(y));
  }
  if (large) hwy::FlushStream();
}

}  // namespace forebay
#endif
