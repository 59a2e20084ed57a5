// Made photos: the same for a seed, and told apart by shape alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/image.hpp>
#include <make_photos/options.hpp>
#include <make_photos/pattern.hpp>
#include <make_photos/photo.hpp>

#include "program.hpp"

namespace forebay {
namespace {

Image photo(std::size_t kind, std::uint64_t number) {
  Image image = ImagePool().take(48, 64, 3);
  draw_photo(kind, Random(5, number), image);
  return image;
}

std::array<double, 3> mean_colour(const Image& image) {
  std::array<double, 3> sum{};
  for (int y = 0; y < image.height(); ++y) {
    for (std::size_t i = 0; i < image.stride(); ++i) sum[i % 3] += image.row(y)[i];
  }
  for (double& channel : sum) channel /= image.height() * image.width();
  return sum;
}

double squared_distance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  double sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

TEST(Photos, AreTheSameForTheSameSeed) {
  const Folder folder;
  const std::vector<std::string> flags{"--images", "20", "--size", "100x75", "--seed", "1"};
  for (const char* name : {"a", "b"}) {
    const Ended ended = Program(FOREBAY_MAKE_PHOTOS, std::vector{folder / name} + flags).wait();
    ASSERT_EQ(ended.code, 0) << ended.log;
  }
  const std::vector<std::string> files = folder.files();
  ASSERT_EQ(std::ranges::count_if(files, [](const auto& file) { return file.ends_with(".jpg"); }),
            40);
  for (const std::string_view kind : pattern_names()) {
    const std::string file = std::string(kind) + "/" + std::string(kind) + "-00001.jpg";
    EXPECT_TRUE(read_file(folder / ("a/" + file)) == read_file(folder / ("b/" + file))) << file;
  }
  EXPECT_FALSE(read_file(folder / "a/discs/discs-00000.jpg") ==
               read_file(folder / "a/discs/discs-00001.jpg"));
}

// The nearest of the classes' mean colours, taken over other photos, is hardly ever the class.
TEST(Photos, MeanColourDoesNotTellTheClass) {
  constexpr std::size_t kPerClass = 60;
  const std::size_t classes = pattern_names().size();
  std::vector<std::array<double, 3>> centres(classes);
  std::size_t right = 0;
  for (std::size_t number = 0; number < 2 * kPerClass; ++number) {
    for (std::size_t kind = 0; kind < classes; ++kind) {
      const std::array<double, 3> colour = mean_colour(photo(kind, number * classes + kind));
      if (number < kPerClass) {
        for (std::size_t c = 0; c < 3; ++c) centres[kind][c] += colour[c] / kPerClass;
        continue;
      }
      std::size_t nearest = 0;
      for (std::size_t i = 1; i < classes; ++i) {
        if (squared_distance(colour, centres[i]) < squared_distance(colour, centres[nearest])) {
          nearest = i;
        }
      }
      right += nearest == kind ? 1 : 0;
    }
  }
  // Chance is 10 %; four standard deviations above it.
  EXPECT_LT(static_cast<double>(right) / static_cast<double>(kPerClass * classes), 0.15);
}

TEST(Photos, RefuseAWrongCommandLine) {
  const auto refusal = [](const std::vector<std::string>& arguments) -> std::string {
    try {
      parse_photo_options(arguments);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({"out", "--classes", "11"}),
            "--classes is '11'; give a whole number from 2 to 10");
  EXPECT_EQ(refusal({"out", "--size", "500"}),
            "--size is '500'; give width and height from 8 to 10000 pixels, e.g. 500x375");
  EXPECT_EQ(refusal({"--images", "3"}), "0 output folders are given; give one");
  EXPECT_EQ(refusal({"out", "--images"}), "--images has no value; give one");
  EXPECT_EQ(refusal({"out", "--sizes", "5x5"}), "unknown flag --sizes; did you mean --size?");
}

}  // namespace
}  // namespace forebay
