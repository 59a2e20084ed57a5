// What one image costs from its JPEG bytes to its row of a batch: 500 x 375 pixels in about 100 KB,
// as in ImageNet, to 224 x 224. Run alone on a quiet machine; compare times within one run.
//
// `heap` counts calls of operator new per image (libjpeg's own go through malloc), `image_memory`
// the times that the pool asked the system for memory over the whole run: 1, for the first image.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/image/planes.hpp>
#include <forebay/nodes/random.hpp>

namespace {
std::atomic<std::uint64_t> heap_calls{0};
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  heap_calls.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace forebay {
namespace {

/// Waves of several lengths with noise: edges and texture in every block.
Image texture(int height, int width, double noise) {
  Image image = ImagePool().take(height, width, 3);
  Random random(1);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 3 * width; ++i) {
      const double x = i / 3, channel = i % 3;
      const double waves = std::sin(x / 23 + y / 41.0 + channel) + std::sin(x * y / 3000 - channel);
      const double value = 127 + 45 * waves + noise * random.normal();
      image.row(y)[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
  }
  return image;
}

/// The texture at quality 90, as noisy as makes about 100 KB.
const std::vector<std::byte>& jpeg() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> encoded;
    for (double noise = 1; encoded.size() < 100'000; noise *= 1.05) {
      encoded = encode_jpeg(texture(375, 500, noise), 90);
    }
    return encoded;
  }();
  return bytes;
}

/// Reports per image what was taken from the heap since it was made.
class HeapCount {
 public:
  void report(benchmark::State& state) const {
    state.counters["heap"] =
        static_cast<double>(heap_calls.load() - start_) / static_cast<double>(state.iterations());
    state.SetItemsProcessed(state.iterations());
  }

 private:
  std::uint64_t start_ = heap_calls.load();
};

void report_image_memory(benchmark::State& state, const ImagePool& pool) {
  state.counters["image_memory"] = static_cast<double>(pool.allocations());
}

AugmentOptions with_colors(AugmentOptions options) {
  options.brightness = options.contrast = options.saturation = 0.4;
  return options;
}

void decode_alone(benchmark::State& state) {
  const ImagePool pool;
  decode(jpeg(), pool);
  const HeapCount heap;
  for (auto _ : state) benchmark::DoNotOptimize(decode(jpeg(), pool));
  heap.report(state);
  report_image_memory(state, pool);
  state.counters["jpeg_bytes"] = static_cast<double>(jpeg().size());
}
BENCHMARK(decode_alone);

void augment_alone(benchmark::State& state, const AugmentOptions& options) {
  const Augment augment(options);
  const Image image = decode(jpeg(), ImagePool());
  const BatchHandle batch = BatchPool(64, options.image_shape).take();
  std::uint64_t item = 0;
  for (; item < 64; ++item) augment(image, Random(1, 2, item), batch->row(item % 64));
  const HeapCount heap;
  for (auto _ : state) {
    augment(image, Random(1, 2, item), batch->row(item % 64));
    ++item;
  }
  heap.report(state);
}
BENCHMARK_CAPTURE(augment_alone, train, imagenet_train());
BENCHMARK_CAPTURE(augment_alone, train_with_colors, with_colors(imagenet_train()));
BENCHMARK_CAPTURE(augment_alone, validation, imagenet_validation());

void normalise_alone(benchmark::State& state, Mirror mirror) {
  const AugmentOptions options = imagenet_train();
  const Normalise normalise(224, 3, options.rgb_mean, options.rgb_std);
  const Image image = decode(jpeg(), ImagePool());
  const BatchHandle batch = BatchPool(64, options.image_shape).take();
  std::size_t item = 0;
  for (auto _ : state) {
    normalise(image.view().part({10, 10, 224, 224}), mirror, batch->row(item++ % 64));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(normalise_alone, straight, Mirror::kNo);
BENCHMARK_CAPTURE(normalise_alone, mirrored, Mirror::kYes);

/// From planes to a row in each format.
void augment_planes(benchmark::State& state, SampleFormat format) {
  const Augment augment(imagenet_train());
  const Random random(1, 2, 3);
  const auto wanted = [&](ImageSize size) { return augment.wanted_planes(size, random); };
  const YccPart planes = decode_planes(jpeg(), ImagePool(), wanted).value();
  const BatchHandle batch = BatchPool(64, augment.options().image_shape, format).take();
  std::size_t item = 0;
  for (auto _ : state) augment(planes, random, batch->sample(item++ % 64));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(augment_planes, float32_nhwc, {SampleType::kFloat32, SampleLayout::kNhwc});
BENCHMARK_CAPTURE(augment_planes, float32_nchw, {SampleType::kFloat32, SampleLayout::kNchw});
BENCHMARK_CAPTURE(augment_planes, float16_nhwc, {SampleType::kFloat16, SampleLayout::kNhwc});
BENCHMARK_CAPTURE(augment_planes, float16_nchw, {SampleType::kFloat16, SampleLayout::kNchw});
BENCHMARK_CAPTURE(augment_planes, uint8_nhwc, {SampleType::kUint8, SampleLayout::kNhwc});

void decode_and_augment(benchmark::State& state) {
  const ImagePool pool;
  const Augment augment(imagenet_train());
  const BatchHandle batch = BatchPool(64, augment.options().image_shape).take();
  std::uint64_t item = 0;
  for (; item < 64; ++item) {
    augment(decode(jpeg(), pool), Random(1, 2, item), batch->row(item % 64));
  }
  const HeapCount heap;
  for (auto _ : state) {
    augment(decode(jpeg(), pool), Random(1, 2, item), batch->row(item % 64));
    ++item;
  }
  heap.report(state);
  report_image_memory(state, pool);
}
BENCHMARK(decode_and_augment);

/// Samples of what `decode(pool, augment, random)` makes of the image, each time anew.
template <typename Decode>
void make_samples(benchmark::State& state, Decode decode) {
  const ImagePool pool;
  const Augment augment(imagenet_train());
  const BatchHandle batch = BatchPool(64, augment.options().image_shape).take();
  std::uint64_t item = 0;
  for (auto _ : state) {
    const Random random(1, 2, item);
    augment(decode(pool, augment, random), random, batch->row(item % 64));
    ++item;
  }
  state.SetItemsProcessed(state.iterations());
}

/// The same samples, of which only the needed part is decoded.
void decode_part_and_augment(benchmark::State& state) {
  make_samples(state, [](const ImagePool& pool, const Augment& augment, Random random) {
    const auto needed = [&](ImageSize size) { return augment.needed_part(size, random); };
    return decode_part(jpeg(), pool, 3, needed);
  });
}
BENCHMARK(decode_part_and_augment);

/// Nearly the same samples, from planes.
void decode_planes_and_augment(benchmark::State& state) {
  make_samples(state, [](const ImagePool& pool, const Augment& augment, Random random) {
    const auto wanted = [&](ImageSize size) { return augment.wanted_planes(size, random); };
    return decode_planes(jpeg(), pool, wanted).value();
  });
}
BENCHMARK(decode_planes_and_augment);

}  // namespace
}  // namespace forebay
