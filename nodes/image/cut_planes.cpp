#include <forebay/nodes/image/cut_planes.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace forebay {
namespace {

constexpr int kMargin = 2;  // plane pixels beside a part that interpolation may read
constexpr std::size_t kReadTooFar = 64;

struct Interval {
  int begin = 0;
  int end = 0;
};

/// What of a plane's pixels, `have`, is needed for `length` pixels of the image from `begin` on.
Interval needed(int begin, int length, double per_pixel, Interval have) {
  const int first = static_cast<int>(std::floor(begin * per_pixel)) - kMargin;
  const int last = static_cast<int>(std::ceil((begin + length) * per_pixel)) + kMargin;
  return {std::max(have.begin, first), std::min(have.end, last)};
}

Plane cut_plane(const Plane& plane, Crop part) {
  const Crop& place = plane.place;
  const Interval x = needed(part.x, part.width, plane.per_x, {place.x, place.x + place.width});
  const Interval y = needed(part.y, part.height, plane.per_y, {place.y, place.y + place.height});
  Plane cut = plane;
  cut.pixels += static_cast<std::size_t>(y.begin - place.y) * plane.stride +
                static_cast<std::size_t>(x.begin - place.x);
  cut.place = {y.begin, x.begin, y.end - y.begin, x.end - x.begin};
  return cut;
}

std::size_t pixels_of(const Plane& plane) {
  return static_cast<std::size_t>(plane.place.width) * static_cast<std::size_t>(plane.place.height);
}

}  // namespace

YccPlanes cut_planes(const YccPlanes& planes, Crop part) {
  return {cut_plane(planes[0], part), cut_plane(planes[1], part), cut_plane(planes[2], part)};
}

std::size_t bytes_of(const YccPlanes& planes) {
  return pixels_of(planes[0]) + pixels_of(planes[1]) + pixels_of(planes[2]) + kReadTooFar;
}

YccPlanes copy_planes(const YccPlanes& planes, std::uint8_t* memory) {
  YccPlanes copies = planes;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const auto width = static_cast<std::size_t>(planes[i].place.width);
    copies[i].pixels = memory;
    copies[i].stride = width;
    for (int y = 0; y < planes[i].place.height; ++y, memory += width) {
      std::memcpy(memory, planes[i].pixels + static_cast<std::size_t>(y) * planes[i].stride, width);
    }
  }
  return copies;
}

}  // namespace forebay
