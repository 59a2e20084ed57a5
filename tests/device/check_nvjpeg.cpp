#include "check_nvjpeg.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/image/planes.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

constexpr ImageSize kSize{500, 375};
constexpr double kSeconds = 3;
constexpr double kFarApart = 1;  // of 255, mean

using Files = std::vector<std::vector<std::byte>>;

/// Waves with some noise, about as large as photos are.
Files make_photos(const ImagePool& pool) {
  Files files;
  Random random(1);
  for (int i = 0; i < 128; ++i) {
    Image image = pool.take(kSize.height, kSize.width, 3);
    for (int y = 0; y < kSize.height; ++y) {
      for (int x = 0; x < 3 * kSize.width; ++x) {
        const double wave = 100 * std::sin((x + (3 + x % 3) * y) / (20.0 + i));
        image.row(y)[x] =
            static_cast<std::uint8_t>(128 + wave + static_cast<double>(random.below(20)));
      }
    }
    files.push_back(encode_jpeg(image, 90));
  }
  return files;
}

std::optional<WantedPart> all(ImageSize size) { return WantedPart{all_of(size), size}; }

YccPart decoded(const PlanesDecoder& decode, const std::vector<std::byte>& file,
                const ImagePool& pool) {
  auto planes = decode(file, pool, all);
  if (!planes) throw Error("an ordinary JPEG is refused");
  return *std::move(planes);
}

double difference(const YccPart& a, const YccPart& b) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Plane &p = a.planes[i], &q = b.planes[i];
    for (int y = 0; y < q.place.height; ++y) {
      for (int x = 0; x < q.place.width; ++x, ++count) {
        const auto at = [&](const Plane& plane) {
          return int{plane.pixels[static_cast<std::size_t>(y) * plane.stride +
                                  static_cast<std::size_t>(x)]};
        };
        sum += std::abs(at(p) - at(q));
      }
    }
  }
  return sum / count;
}

/// Images per second of so many threads. Throws what one of them does.
double speed(const PlanesDecoder& decode, const Files& files, std::size_t threads,
             const ImagePool& pool) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::atomic<std::size_t> done{0};
  std::vector<std::future<void>> all_threads;
  for (std::size_t i = 0; i < threads; ++i) {
    all_threads.push_back(std::async(std::launch::async, [&] {
      while (seconds() < kSeconds) decoded(decode, files[done++ % files.size()], pool);
    }));
  }
  for (std::future<void>& thread : all_threads) thread.get();
  return static_cast<double>(done) / seconds();
}

}  // namespace

void check_nvjpeg(const std::string& gpu) {
  const ImagePool pool;
  const Files files = make_photos(pool);
  const PlanesDecoder on_gpu =
      make_gpu_decoder({.number = 0, .name = gpu},
                       [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  // A decoding engine that does not work is given up after some files.
  for (int i = 0; i < 16 && !on_gpu(files.front(), pool, all); ++i) {
  }
  double apart = 0;
  for (const auto& file : files) {
    apart += difference(decoded(on_gpu, file, pool), decoded(decode_planes, file, pool)) /
             static_cast<double>(files.size());
  }
  const double fast = speed(on_gpu, files, kGpuDecodeCalls, pool);
  const double core = speed(decode_planes, files, 1, pool);
  fmt::print(
      R"({{"mean_difference": {:.4f}, "gpu_images_per_s": {:.0f}, "core_images_per_s": {:.0f}}})",
      apart, fast, core);
  fmt::print("\n");
  if (apart > kFarApart) throw Error("the pixels of nvJPEG are too far from the CPU's");
}

}  // namespace forebay
