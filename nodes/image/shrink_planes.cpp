#include <forebay/nodes/image/shrink_planes.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace forebay {
namespace {

constexpr std::size_t kReadTooFar = 64;  // vectors may, behind the last pixel

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

std::size_t bytes_of(const Plane& plane) {
  return plane.stride * static_cast<std::size_t>(plane.place.height);
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

void fill(const Plane& from, const Plane& to, int times, std::uint8_t* pixels) {
  for (int y = 0; y < to.place.height; ++y, pixels += to.stride) {
    const int from_y = (to.place.y + y) * times - from.place.y;
    const int from_x = to.place.x * times - from.place.x;
    if (times == 1) {
      std::memcpy(pixels, from.pixels + static_cast<std::size_t>(from_y) * from.stride + from_x,
                  to.stride);
      continue;
    }
    for (int x = 0; x < to.place.width; ++x) {
      pixels[x] = mean(from, from_y, from_x + x * times, times);
    }
  }
}

}  // namespace

YccPart shrink_planes(const YccPlanes& planes, ImageSize whole, int times, const ImagePool& pool) {
  YccPart part{{}, {}, whole};
  std::size_t bytes = kReadTooFar;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    part.planes[i] = shrunk(planes[i], whole, times);
    bytes += bytes_of(part.planes[i]);
  }
  part.memory = pool.take(1, static_cast<int>(bytes), 1);
  std::uint8_t* pixels = part.memory.row(0);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    fill(planes[i], part.planes[i], times, pixels);
    part.planes[i].pixels = pixels;
    pixels += bytes_of(part.planes[i]);
  }
  return part;
}

}  // namespace forebay
