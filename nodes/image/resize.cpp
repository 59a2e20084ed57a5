#include <forebay/nodes/image/resize.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/opencv.hpp>

namespace forebay {

void check_growth(ImageSize from, ImageSize to) {
  if (to == from || static_cast<long long>(to.width) * to.height <= kMaxResizedPixels) return;
  throw Error(fmt::format("the image of {} x {} pixels would become {} x {}, more than 2^26 pixels",
                          from.width, from.height, to.width, to.height));
}

int scaled(int length, int to, int from) {
  const long long exact = static_cast<long long>(length) * to / from;
  return static_cast<int>(std::min<long long>(exact, std::numeric_limits<int>::max()));
}

ImageSize short_edge_size(ImageSize from, int length) {
  const auto longer_edge = [length](int longer, int shorter) {
    return std::max(1, scaled(longer, length, shorter));
  };
  if (from.height > from.width) return {length, longer_edge(from.height, from.width)};
  return {longer_edge(from.width, from.height), length};
}

Image resize(const Image& image, ImageSize size, Interpolation interpolation) {
  if (size.width < 1 || size.height < 1) {
    throw Error(fmt::format("cannot resize an image to {} x {} pixels", size.width, size.height));
  }
  check_growth({image.width(), image.height()}, size);
  detail::keep_opencv_single_threaded();
  Image resized = image.pool().take(size.height, size.width, image.channels());
  cv::Mat pixels = detail::to_mat(resized);
  cv::resize(detail::to_mat(image.view()), pixels, pixels.size(), 0, 0,
             interpolation == Interpolation::kArea ? cv::INTER_AREA : cv::INTER_LINEAR);
  return resized;
}

Image resize_short_edge(const Image& image, int length, Interpolation interpolation) {
  return resize(image, short_edge_size({image.width(), image.height()}, length), interpolation);
}

Image center_crop_square(const Image& image) {
  const int side = std::min(image.height(), image.width());
  Image square = image.pool().take(side, side, image.channels());
  const ImageView from =
      image.view().part({(image.height() - side) / 2, (image.width() - side) / 2, side, side});
  for (int y = 0; y < side; ++y) std::memcpy(square.row(y), from.row(y), square.stride());
  return square;
}

}  // namespace forebay
