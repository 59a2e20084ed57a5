#include <forebay/nodes/image/normalise.hpp>

#include <gtest/gtest.h>

#include <vector>

#include "fixtures.hpp"

namespace forebay {
namespace {

constexpr std::array<float, 3> kMean{123.68f, 116.779f, 103.939f};
constexpr std::array<float, 3> kStd{58.393f, 57.12f, 57.375f};

TEST(Normalise, IsPixelMinusMeanOverStdAlsoOfAPartAndMirrored) {
  for (int channels : {1, 3}) {
    for (int width : {1, 2, 17, 64}) {
      const cv::Mat pixels = noise(9, 70, channels);
      const Image image = to_image(pixels, ImagePool());
      const Crop crop{.y = 2, .x = 70 - width, .height = 7, .width = width};
      const Normalise normalise(width, channels, kMean, kStd);
      for (Mirror mirror : {Mirror::kNo, Mirror::kYes}) {
        std::vector<float> out(static_cast<std::size_t>(7 * width * channels), -1.0f);
        normalise(image.view().part(crop), mirror, out.data());
        std::size_t i = 0;
        for (int y = 0; y < 7; ++y) {
          for (int x = 0; x < width; ++x) {
            const int from = crop.x + (mirror == Mirror::kYes ? width - 1 - x : x);
            for (int c = 0; c < channels; ++c, ++i) {
              const auto k = static_cast<std::size_t>(c);
              const double pixel = pixels.ptr(crop.y + y)[from * channels + c];
              ASSERT_NEAR(out[i], (pixel - kMean[k]) / kStd[k], 1e-6);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace forebay
