#include <forebay/nodes/image/sample_planes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <hwy/cache_control.h>

#include <forebay/nodes/image/sample_rows.hpp>

namespace forebay {
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
  detail::blend_rows(above, below, weight, static_cast<std::size_t>(plane.place.width),
                     row.pixels.data());
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
                   SampleOut out) {
  // Large samples make batches that are larger than the caches: there is no use in reading the
  // memory first that is about to be written, or in keeping it.
  constexpr int kLargePixels = 100 * 100;
  const bool large = size.width * size.height >= kLargePixels;
  const detail::Stores stores =
      large ? detail::Stores::kPastCaches : detail::Stores::kThroughCaches;
  thread_local PlaneRows rows;
  const bool pixels = out.format.type == SampleType::kUint8;
  const ColorMap map = pixels ? color_map({0, 0, 0}, {1, 1, 1}) : color_map(mean, std_dev);
  for (std::size_t p = 0; p < rows.size(); ++p) {
    prepare(part.planes[p], region, size.width, mirror, rows[p]);
  }
  for (int y = 0; y < size.height; ++y) {
    for (std::size_t p = 0; p < rows.size(); ++p) {
      blend(part.planes[p], region, y, size.height, rows[p]);
    }
    detail::write_row(rows, static_cast<std::size_t>(size.width), map, stores,
                      detail::sample_row(out, size, 3, y));
  }
  if (large) hwy::FlushStream();
}

}  // namespace forebay
