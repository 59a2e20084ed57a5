#pragma once

// Files of tests/fixtures/image, and images to compare, through OpenCV alone.

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

inline std::string fixture(const std::string& name) {
  return std::string(FOREBAY_FIXTURES) + "/image/" + name;
}

inline std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::vector<char> chars{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::byte> bytes(chars.size());
  std::transform(chars.begin(), chars.end(), bytes.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

/// RGB or gray, as OpenCV reads the file.
inline cv::Mat read_pixels(const std::string& path, int flags = cv::IMREAD_UNCHANGED) {
  cv::Mat pixels = cv::imread(path, flags);
  EXPECT_FALSE(pixels.empty()) << path;
  if (pixels.channels() == 3) cv::cvtColor(pixels, pixels, cv::COLOR_BGR2RGB);
  return pixels;
}

inline cv::Mat to_mat(const Image& image) {
  const ImageView view = image.view();
  return {view.height, view.width, CV_8UC(view.channels), const_cast<std::uint8_t*>(view.pixels)};
}

inline Image to_image(const cv::Mat& pixels, const ImagePool& pool) {
  Image image = pool.take(pixels.rows, pixels.cols, pixels.channels());
  for (int y = 0; y < pixels.rows; ++y) {
    std::copy_n(pixels.ptr(y), image.stride(), image.row(y));
  }
  return image;
}

/// Largest difference of a channel; 256 when sizes differ.
inline int largest_difference(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return 256;
  return static_cast<int>(cv::norm(a, b, cv::NORM_INF));
}

inline int largest_difference(const Image& a, const cv::Mat& b) {
  return largest_difference(to_mat(a), b);
}

/// Noise, so that a pixel's value tells where it is from.
inline cv::Mat noise(int height, int width, int channels, int seed = 1) {
  cv::Mat pixels(height, width, CV_8UC(channels));
  cv::RNG random(static_cast<std::uint64_t>(seed));
  random.fill(pixels, cv::RNG::UNIFORM, 0, 256);
  return pixels;
}

}  // namespace forebay
