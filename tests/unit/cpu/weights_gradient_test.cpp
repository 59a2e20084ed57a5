#include <forebay/nodes/cpu/layers/weights_gradient.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

std::vector<Bfloat16> random_values(std::size_t count) {
  Random random(count);
  std::vector<Bfloat16> values(count);
  for (Bfloat16& value : values) {
    value = from_float<Bfloat16>(static_cast<float>(random.normal()));
  }
  return values;
}

std::size_t size_of(const ImageShape& shape) {
  return static_cast<std::size_t>(shape.channels * shape.height * shape.width);
}

/// A window and a batch of `rows` images that it moves over, made of random numbers.
struct Batch {
  Batch(const Patches& moved, std::size_t row_count)
      : window(moved),
        rows(row_count),
        input(random_values(rows * size_of(moved.input))),
        output_gradient(random_values(rows * size_of(moved.output) + 1)) {}

  std::vector<float> gradient(int threads) const {
    WeightsGradient weights(window, rows, rows);
    Planner planner(rows, threads);
    weights.plan(planner);
    const std::size_t bytes = planner.plan().place();
    // All ones are not a number, which must not be read.
    const auto free = [](std::byte* memory) { operator delete(memory, std::align_val_t(64)); };
    const std::unique_ptr<std::byte, decltype(free)> memory(
        static_cast<std::byte*>(operator new(bytes, std::align_val_t(64))), free);
    std::fill_n(memory.get(), bytes, std::byte{0xff});
    weights.bind(Arena(memory.get(), planner.plan()));
    std::vector<float> values(size() + 1, -1.0F);
    weights.compute(input.data(), output_gradient.data(), true, true, values.data());
    EXPECT_EQ(values.back(), -1.0F);
    values.pop_back();
    return values;
  }

  std::size_t size() const {
    return static_cast<std::size_t>(window.output.channels) * window.size();
  }

  Patches window;
  std::size_t rows;
  std::vector<Bfloat16> input, output_gradient;
};

/// One weight's gradient as it is defined, and the sum of its terms' magnitudes.
struct Exact {
  double sum = 0, magnitude = 0;
};
Exact exact(const Batch& batch, int output_channel, int input_channel, int y, int x) {
  const auto& [input, output, kernel, stride, padding] = batch.window;
  Exact result;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    for (int i = 0; i < output.height * output.width; ++i) {
      const int top = i / output.width * stride - padding + y;
      const int left = i % output.width * stride - padding + x;
      if (top < 0 || left < 0 || top >= input.height || left >= input.width) continue;
      const int pixel = (top * input.width + left) * input.channels + input_channel;
      const std::size_t at = row * size_of(input) + static_cast<std::size_t>(pixel);
      const std::size_t to =
          row * size_of(output) + static_cast<std::size_t>(i * output.channels + output_channel);
      const double term = static_cast<double>(to_float(batch.input[at])) *
                          static_cast<double>(to_float(batch.output_gradient[to]));
      result.sum += term;
      result.magnitude += std::abs(term);
    }
  }
  return result;
}

void expect_exact(const Batch& batch, int threads) {
  const auto& [input, output, kernel, stride, padding] = batch.window;
  const std::vector<float> got = batch.gradient(threads);
  auto value = got.begin();
  for (int o = 0; o < output.channels; ++o) {
    for (int i = 0; i < input.channels; ++i) {
      for (int place = 0; place < kernel * kernel; ++place, ++value) {
        const Exact wanted = exact(batch, o, i, place / kernel, place % kernel);
        ASSERT_NEAR(*value, wanted.sum, 1e-6 * wanted.magnitude)
            << o << ", " << i << ", " << place << " of " << input.channels << " to "
            << output.channels << " at " << input.height << "x" << input.width << ", " << threads
            << " threads";
      }
    }
  }
}

Patches window(int from, int to, int height, int width, int kernel, int stride, int padding) {
  const auto slide = [&](int size) { return (size + 2 * padding - kernel) / stride + 1; };
  return {{from, height, width}, {to, slide(height), slide(width)}, kernel, stride, padding};
}

class WeightsGradientTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!amx::available()) GTEST_SKIP() << "this CPU has no AMX";
  }
};

TEST_F(WeightsGradientTest, IsTheSumOverAllPixels) {
  for (int size : {1, 5, 7, 8}) {
    for (int stride : {1, 2}) {
      expect_exact({window(16, 48, size, size, 3, stride, 1), 1}, 1);
      expect_exact({window(32, 16, size, size + 1, 3, stride, 1), 3}, 1);
      expect_exact({window(16, 16, size + 1, size, 1, stride, 0), 2}, 1);
    }
  }
  expect_exact({window(16, 16, 9, 8, 5, 1, 2), 2}, 1);
  expect_exact({window(16, 16, 9, 8, 3, 1, 0), 2}, 1);
  expect_exact({window(16, 16, 9, 11, 3, 3, 1), 2}, 1);
}

// Some of the threads have a part of the line each, others some of the channels.
TEST_F(WeightsGradientTest, IsTheSameWithSeveralThreads) {
  for (int threads : {2, 3, 4, 6}) {
    expect_exact({window(16, 16, 8, 8, 3, 1, 1), 2}, threads);
    expect_exact({window(16, 16, 1, 1, 3, 1, 1), 1}, threads);
    expect_exact({window(48, 16, 7, 5, 3, 1, 1), 2}, threads);
    expect_exact({window(64, 32, 7, 5, 3, 2, 1), 2}, threads);
  }
}

TEST_F(WeightsGradientTest, HasTheSameBitsEachTime) {
  const Batch batch(window(32, 32, 8, 8, 3, 1, 1), 4);
  EXPECT_EQ(batch.gradient(3), batch.gradient(3));
}

// A batch that the cache does not hold is taken in strips, whose sums add up.
TEST_F(WeightsGradientTest, AddsUpStrips) {
  const Batch batch(window(16, 16, 32, 32, 3, 1, 1), 20);
  const std::vector<float> one = batch.gradient(1), three = batch.gradient(3);
  for (int place = 0; place < 9; ++place) {
    const Exact wanted = exact(batch, 3, 5, place / 3, place % 3);
    const auto at = static_cast<std::size_t>((3 * 16 + 5) * 9 + place);
    EXPECT_NEAR(one[at], wanted.sum, 1e-6 * wanted.magnitude);
    EXPECT_NEAR(three[at], wanted.sum, 1e-6 * wanted.magnitude);
  }
}

TEST_F(WeightsGradientTest, WantsWholeTilesOfChannels) {
  EXPECT_TRUE(WeightsGradient::suits(window(16, 32, 8, 8, 3, 1, 1)));
  EXPECT_FALSE(WeightsGradient::suits(window(3, 16, 8, 8, 3, 1, 1)));
  EXPECT_FALSE(WeightsGradient::suits(window(16, 12, 8, 8, 3, 1, 1)));
}

}  // namespace
}  // namespace forebay
