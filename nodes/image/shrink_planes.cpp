#include <forebay/nodes/image/shrink_planes.hpp>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/image/cut_planes.hpp>

namespace forebay {
namespace {

int divided_up(int a, int b) { return (a + b - 1) / b; }

/// Pixels of the reduced plane, in one direction, from those of the plane.
struct Span {
  int begin, length;
};
Span shrunk(int begin, int length, int whole, int times) {
  const int end = begin + length;
  const int first = divided_up(begin, times);
  const int last = end == whole ? divided_up(end, times) : end / times;
  return {first, std::max(0, last - first)};
}

/// Without its pixels.
Plane shrunk(const Plane& plane, ImageSize whole, int times) {
  const auto pixels = [](int length, double per) {
    return static_cast<int>(std::ceil(length * per));
  };
  const Crop& place = plane.place;
  const Span x = shrunk(place.x, place.width, pixels(whole.width, plane.per_x), times);
  const Span y = shrunk(place.y, place.height, pixels(whole.height, plane.per_y), times);
  return {nullptr,
          static_cast<std::size_t>(x.length),
          {y.begin, x.begin, y.length, x.length},
          plane.per_x / times,
          plane.per_y / times};
}

/// The mean of the pixels from (y, x) on, up to `times` by `times` of them.
std::uint8_t mean(const Plane& plane, int y, int x, int times) {
  const int rows = std::min(times, plane.place.height - y);
  const int columns = std::min(times, plane.place.width - x);
  int sum = rows * columns / 2;  // to round
  for (int i = 0; i < rows; ++i) {
    const std::uint8_t* row = plane.pixels + static_cast<std::size_t>(y + i) * plane.stride + x;
    for (int j = 0; j < columns; ++j) sum += row[j];
  }
  return static_cast<std::uint8_t>(sum / (rows * columns));
}

/// Returns the end of what it has written.
std::uint8_t* fill(const Plane& from, const Plane& to, int times, std::uint8_t* pixels) {
  for (int y = 0; y < to.place.height; ++y, pixels += to.stride) {
    const int from_y = (to.place.y + y) * times - from.place.y;
    const int from_x = to.place.x * times - from.place.x;
    for (int x = 0; x < to.place.width; ++x) {
      pixels[x] = mean(from, from_y, from_x + x * times, times);
    }
  }
  return pixels;
}

}  // namespace

YccPart shrink_planes(const YccPlanes& planes, ImageSize whole, int times, const ImagePool& pool) {
  YccPart part{{}, planes, whole};
  if (times > 1) {
    for (Plane& plane : part.planes) plane = shrunk(plane, whole, times);
  }
  part.memory = pool.take(1, static_cast<int>(bytes_of(part.planes)), 1);
  std::uint8_t* pixels = part.memory.row(0);
  if (times == 1) {
    part.planes = copy_planes(planes, pixels);
    return part;
  }
  for (std::size_t i = 0; i < planes.size(); ++i) {
    part.planes[i].pixels = pixels;
    pixels = fill(planes[i], part.planes[i], times, pixels);
  }
  return part;
}

}  // namespace forebay
