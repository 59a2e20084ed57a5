// Decoding on a GPU, with a library in nvJPEG's place and streams in the host's memory.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>
#include <forebay/nodes/cuda/nvjpeg/library.hpp>
#include <forebay/nodes/network/builder.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <support/error_of.hpp>

#include "../image/jpeg_fixture.hpp"
#include "fake_nvjpeg.hpp"
#include "host_convolver.hpp"
#include "host_device.hpp"

#if __has_include(<nvjpeg.h>)
#include <nvjpeg.h>
static_assert(sizeof(nvjpegImage_t) == sizeof(forebay::cuda::NvjpegImage));
static_assert(NVJPEG_OUTPUT_YUV == forebay::cuda::NvjpegLibrary::kYuv);
static_assert(NVJPEG_BACKEND_GPU_HYBRID == forebay::cuda::NvjpegLibrary::kGpuHybrid);
static_assert(NVJPEG_BACKEND_HARDWARE == forebay::cuda::NvjpegLibrary::kHardware);
static_assert(NVJPEG_STATUS_BAD_JPEG == forebay::cuda::NvjpegLibrary::kBadJpeg);
static_assert(NVJPEG_STATUS_JPEG_NOT_SUPPORTED == forebay::cuda::NvjpegLibrary::kJpegNotSupported);
static_assert(NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED ==
              forebay::cuda::NvjpegLibrary::kNotImplemented);
static_assert(NVJPEG_STATUS_INCOMPLETE_BITSTREAM == forebay::cuda::NvjpegLibrary::kIncomplete);
#endif

namespace forebay::cuda {
namespace {

using test::error_of;
using testing::HasSubstr;

constexpr JpegLayout kUsual{"4:2:0", 2, 2};
const GpuId kGpu{.number = 0, .name = "host"};

FakeNvjpeg& fake() {
  static FakeNvjpeg* const found = [] {
    void* library = dlopen(FOREBAY_FAKE_NVJPEG, RTLD_NOW | RTLD_LOCAL);
    return reinterpret_cast<FakeNvjpeg* (*)()>(dlsym(library, "fake_nvjpeg"))();
  }();
  return *found;
}

/// A picture with shapes larger than a pixel, as photos have.
std::vector<std::byte> photo(ImageSize size, const JpegLayout& layout) {
  cv::Mat pixels(size.height, size.width, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const auto wave = [&](double period) {
        return static_cast<std::uint8_t>(128 + 100 * std::sin((x + 2 * y) / period));
      };
      pixels.at<cv::Vec3b>(y, x) = {wave(9), wave(17), wave(31)};
    }
  }
  return encode_as(pixels, layout);
}

WantedPlanes wants(Crop part, ImageSize size) {
  return [=](ImageSize) { return WantedPart{part, size}; };
}

int pixel(const Plane& plane, int y, int x) {
  return plane.pixels[static_cast<std::size_t>(y - plane.place.y) * plane.stride +
                      static_cast<std::size_t>(x - plane.place.x)];
}

/// Mean difference where both planes have pixels, which is all that the part needs.
double difference(const YccPart& a, const YccPart& b, Crop part) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Plane &p = a.planes[i], &q = b.planes[i];
    EXPECT_EQ(p.per_x, q.per_x);
    EXPECT_EQ(p.per_y, q.per_y);
    const int left = static_cast<int>(part.x * p.per_x), top = static_cast<int>(part.y * p.per_y);
    const int right = static_cast<int>(std::ceil((part.x + part.width) * p.per_x));
    const int bottom = static_cast<int>(std::ceil((part.y + part.height) * p.per_y));
    EXPECT_LE(p.place.x, left);
    EXPECT_LE(p.place.y, top);
    EXPECT_GE(p.place.x + p.place.width, right);
    EXPECT_GE(p.place.y + p.place.height, bottom);
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x, ++count) sum += std::abs(pixel(p, y, x) - pixel(q, y, x));
    }
  }
  return sum / count;
}

class Nvjpeg : public testing::Test {
 protected:
  Nvjpeg() {
    fake().has_engine = true;
    fake().works = true;
    fake().refused_bytes = 0;
    fake().status = 0;
    fake().engine_status = 0;
    fake().batches.clear();
  }
  PlanesDecoder decoder() {
    return make_gpu_decoder(
        kGpu, [this](const std::string& line) { told_.push_back(line); }, FOREBAY_FAKE_NVJPEG);
  }
  static int decoded_files() {
    return std::accumulate(fake().batches.begin(), fake().batches.end(), 0);
  }

  std::vector<std::string> told_;
  ImagePool pool_;
};

TEST_F(Nvjpeg, GivesThePlanesThatTheCpuGives) {
  const PlanesDecoder gpu = decoder();
  Random random(3);
  int files = 0;
  for (const JpegLayout& layout :
       {kUsual, JpegLayout{"4:2:2", 2, 1}, JpegLayout{"4:4:0", 1, 2}, JpegLayout{"4:4:4", 1, 1}}) {
    for (const ImageSize size : {ImageSize{97, 71}, ImageSize{256, 130}, ImageSize{15, 33}}) {
      const auto file = photo(size, layout);
      for (int times = 1; times <= 4; times *= 2) {
        SCOPED_TRACE(std::string(layout.name) + " " + std::to_string(size.width) + " / " +
                     std::to_string(times));
        const Crop part = any_crop(size, random);
        const auto wanted = wants(part, {part.width / times, part.height / times});
        const auto expected = decode_planes(file, pool_, wanted);
        const auto got = gpu(file, pool_, wanted);
        ASSERT_TRUE(got && expected);
        EXPECT_EQ(got->whole, size);
        EXPECT_LT(difference(*got, *expected, part), times == 1 ? 0.1 : 3.0);
        ++files;
      }
    }
  }
  EXPECT_EQ(decoded_files(), files);
}

TEST_F(Nvjpeg, DecodesTogetherWhatIsThereAtOnce) {
  set_host_order(HostOrder::kLate);
  constexpr int kCalls = 8;
  const PlanesDecoder gpu = decoder();
  const auto file = photo({64, 48}, kUsual);
  const auto expected = decode_planes(file, pool_, wants(all_of({64, 48}), {64, 48}));
  std::atomic<int> begun{0}, right{0};
  std::vector<std::thread> threads;
  {
    const std::lock_guard hold(fake().mutex);
    for (int i = 0; i < kCalls; ++i) {
      threads.emplace_back([&] {
        const auto got = gpu(file, pool_, [&](ImageSize size) {
          ++begun;
          return WantedPart{all_of(size), size};
        });
        right += got && difference(*got, *expected, all_of({64, 48})) < 0.1;
      });
    }
    while (begun < kCalls) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until they wait for each other
  }
  for (std::thread& thread : threads) thread.join();
  set_host_order(HostOrder::kAtOnce);
  EXPECT_EQ(right, kCalls);
  EXPECT_EQ(decoded_files(), kCalls);
  EXPECT_LT(fake().batches.size(), std::size_t{kCalls});
}

TEST_F(Nvjpeg, GivesNothingForAFileThatItRefusesAndForNoOther) {
  const PlanesDecoder gpu = decoder();
  const auto bad = photo({64, 48}, {"4:2:0", 2, 2, Scans::kOne, 0, 50});
  fake().refused_bytes = bad.size();
  const auto wanted = wants({3, 5, 30, 40}, {40, 30});
  EXPECT_FALSE(gpu(bad, pool_, wanted));
  EXPECT_EQ(fake().batches, std::vector<int>{1});

  // A batch with it, and others that come meanwhile.
  const auto good = photo({64, 48}, {"4:2:0", 2, 2, Scans::kOne, 0, 90});
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i, &file = i == 3 ? bad : good] {
      const auto planes = gpu(file, pool_, wanted);
      const auto expected = decode_planes(good, pool_, wanted);
      right += i == 3 ? !planes : planes && difference(*planes, *expected, {3, 5, 30, 40}) < 0.1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 6);
}

TEST_F(Nvjpeg, GivesNothingMoreOnceItFailsAndSaysSoOnce) {
  const PlanesDecoder gpu = decoder();
  const auto file = photo({64, 48}, kUsual);
  const auto wanted = wants(all_of({64, 48}), {64, 48});
  EXPECT_TRUE(gpu(file, pool_, wanted));
  fake().status = 6;  // NVJPEG_STATUS_EXECUTION_FAILED
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(gpu(file, pool_, wanted));
  fake().status = 0;
  EXPECT_TRUE(gpu(file, pool_, wanted)) << "a few files may be to blame themselves";
  fake().status = 6;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(gpu(file, pool_, wanted));
  EXPECT_EQ(fake().batches.size(), 1u + 3 + 1 + 8 + 8);  // by the engine, then without
  EXPECT_EQ(fake().backend, NvjpegLibrary::kGpuHybrid);
  EXPECT_THAT(told_,
              testing::ElementsAre("GPU 0 (host) decodes without its decoding engine, where nvJPEG "
                                   "gives status 6",
                                   "GPU 0 (host) does not decode images: nvJPEG gives status 6; "
                                   "from here on the CPU alone decodes what was this GPU's"));
}

TEST_F(Nvjpeg, LeavesAnEngineThatDoesNotWork) {
  fake().engine_status = 4;  // NVJPEG_STATUS_JPEG_NOT_SUPPORTED
  const PlanesDecoder gpu = decoder();
  const auto file = photo({64, 48}, kUsual);
  const auto wanted = wants(all_of({64, 48}), {64, 48});
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(gpu(file, pool_, wanted));
  EXPECT_TRUE(gpu(file, pool_, wanted));
  EXPECT_EQ(fake().handles, 1);
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(Nvjpeg, TakesMoreMemoryForALargerPhoto) {
  const PlanesDecoder gpu = decoder();
  for (const ImageSize size : {ImageSize{64, 48}, ImageSize{1200, 900}, ImageSize{64, 48}}) {
    const auto file = photo(size, kUsual);
    const auto got = gpu(file, pool_, wants(all_of(size), size));
    const auto expected = decode_planes(file, pool_, wants(all_of(size), size));
    ASSERT_TRUE(got && expected);
    EXPECT_LT(difference(*got, *expected, all_of(size)), 0.1);
  }
}

TEST_F(Nvjpeg, IsNotAskedForOtherKindsOfFiles) {
  const PlanesDecoder gpu = decoder();
  const auto all = [](ImageSize size) { return WantedPart{all_of(size), size}; };
  EXPECT_FALSE(gpu(photo({64, 48}, {"progressive", 2, 2, Scans::kSeveral}), pool_, all));
  EXPECT_FALSE(gpu({}, pool_, all));
  auto file = photo({64, 48}, kUsual);
  file.push_back({});  // what comes after the end
  EXPECT_FALSE(gpu(file, pool_, all));
  EXPECT_FALSE(gpu(photo({2400, 1600}, kUsual), pool_, all)) << "too large for a lane";
  EXPECT_FALSE(gpu(photo({64, 48}, kUsual), pool_, [](ImageSize) { return std::nullopt; }));
  EXPECT_THAT(error_of([&] {
                gpu(photo({64, 48}, kUsual), pool_,
                    [](ImageSize) -> std::optional<WantedPart> { throw Error("too small"); });
              }),
              "too small");
  EXPECT_TRUE(fake().batches.empty());
}

TEST_F(Nvjpeg, UsesTheEngineOrElseTheMultiprocessorsAndClosesWhatItOpened) {
  {
    const PlanesDecoder gpu = decoder();
    EXPECT_EQ(fake().backend, NvjpegLibrary::kHardware);
    fake().has_engine = false;
    const PlanesDecoder other = decoder();
    EXPECT_EQ(fake().backend, NvjpegLibrary::kGpuHybrid);
    EXPECT_EQ(fake().handles, 2);
  }
  EXPECT_EQ(fake().handles, 0);
  EXPECT_EQ(fake().states, 0);
  fake().works = false;
  EXPECT_THAT(error_of([&] { decoder(); }),
              "GPU 0 (host) cannot decode images: nvJPEG gives status 7; decode on the CPU alone");
}

TEST_F(Nvjpeg, SaysWhatToInstallWhereItIsMissing) {
  EXPECT_THAT(error_of([&] { make_gpu_decoder(kGpu, {}, "no-such-libnvjpeg.so"); }),
              testing::AllOf(HasSubstr("cannot load nvJPEG, which decodes on GPUs: no-such-libnv"),
                             HasSubstr("(Python's package nvidia-nvjpeg has it) on LD_LIBRARY")));
}

/// 88 photos, and 8 that are cut off.
std::vector<std::vector<std::byte>> photos() {
  std::vector<std::vector<std::byte>> files;
  for (int i = 0; i < 96; ++i) files.push_back(photo({300 + i, 280 + i % 7}, kUsual));
  for (std::size_t i = 0; i < files.size(); i += 12) files[i].resize(files[i].size() / 2);
  return files;
}

ImagePathOptions path_options() {
  ImagePathOptions options;
  options.augment.image_shape = {3, 32, 32};
  options.augment.random_resized_crop = true;
  options.num_classes = 8;
  options.on_bad_image = OnError::kSkip;
  options.decode_concurrency = 1;
  return options;
}

/// Batches of four samples of `files`, which outlive the graph.
auto batches_of(Graph& graph, const std::vector<std::vector<std::byte>>& files,
                const ImagePathOptions& options) {
  const auto read =
      graph.source("read", [&files, next = std::size_t{0}]() mutable -> std::optional<Record> {
        if (next == files.size()) return std::nullopt;
        static const std::vector<float> labels{0, 1, 2, 3, 4, 5, 6, 7};
        Record record;
        record.image = files[next];
        record.labels = std::span(labels).subspan(next % 8, 1);
        record.position = next++;
        return record;
      });
  const BatchPool batches(4, options.augment.image_shape, {SampleType::kUint8});
  return read >> image_path(graph, options, batches, ImagePool());
}

struct Passed {
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;
  GraphSnapshot graph;
};
Passed pass(const std::vector<std::vector<std::byte>>& files, const ImagePathOptions& options) {
  Passed passed;
  Graph graph("images", {.threads = 2});
  batches_of(graph, files, options) >> graph.sink("batches", [&](const BatchHandle& batch) {
    passed.labels.insert(passed.labels.end(), batch->labels.begin(), batch->labels.end());
    passed.pixels.insert(passed.pixels.end(), batch->row<std::uint8_t>(0),
                         batch->row<std::uint8_t>(batch->filled));
  });
  passed.graph = graph.run();
  return passed;
}

TEST_F(Nvjpeg, DecodesBesideTheCpuInAGraph) {
  const auto files = photos();
  ImagePathOptions options = path_options();
  const Passed cpu = pass(files, options);
  options.decode_helpers.push_back({"decode[gpu 0]", decoder(), 4});
  const Passed both = pass(files, options);

  EXPECT_EQ(both.labels.size(), 88u);
  EXPECT_EQ(both.labels, cpu.labels);
  ASSERT_EQ(both.pixels.size(), cpu.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < cpu.pixels.size(); ++i) {
    sum += std::abs(int{cpu.pixels[i]} - int{both.pixels[i]});
  }
  EXPECT_LT(sum / static_cast<double>(cpu.pixels.size()), 1);
  const NodeSnapshot &decode = both.graph.node("decode"), &gpu = both.graph.node("decode[gpu 0]");
  EXPECT_EQ(decode.items_in + gpu.items_in, files.size());
  EXPECT_EQ(decode.skipped + gpu.skipped, 8u);
  EXPECT_GT(gpu.items_out, 0u);
  EXPECT_EQ(gpu.concurrency, 4u);
  EXPECT_TRUE(gpu.own_threads);
  EXPECT_EQ(gpu.helps, "decode");
  EXPECT_GT(decoded_files(), 0);
}

TEST_F(Nvjpeg, LeavesItsImagesToTheCpuWhereItFails) {
  const auto files = photos();
  ImagePathOptions options = path_options();
  const Passed cpu = pass(files, options);
  options.decode_helpers.push_back({"decode[gpu 0]", decoder(), 8});
  fake().status = 6;
  const Passed both = pass(files, options);
  EXPECT_EQ(both.labels, cpu.labels);
  EXPECT_EQ(both.pixels, cpu.pixels);
  EXPECT_EQ(both.graph.node("decode").skipped + both.graph.node("decode[gpu 0]").skipped, 8u);
}

TEST_F(Nvjpeg, FeedsATrainingOnTheGpu) {
  const auto files = photos();
  ImagePathOptions options = path_options();
  options.decode_helpers.push_back({"decode[gpu 0]", decoder(), 4});
  NetworkBuilder builder("small", options.augment.image_shape, options.num_classes);
  const int x = builder.convolution("conv", 0, 8, {.kernel = 3, .stride = 2, .padding = 1}, true);
  const int mean = builder.global_average_pool("mean", builder.relu("relu", x));
  builder.linear("fc", builder.flatten("flatten", mean), options.num_classes);
  const Network network = std::move(builder).finish();
  std::vector<std::unique_ptr<Replica>> replicas;
  replicas.push_back(std::make_unique<CudaReplica>(
      network,
      CudaReplicaOptions{.replica = {.rows = 4,
                                     .images = {.type = SampleType::kUint8,
                                                .mean = options.augment.rgb_mean,
                                                .std_dev = {60, 60, 60}}},
                         .gpu = kGpu},
      std::make_unique<HostConvolver>()));
  Trainer trainer(network, std::move(replicas), 4,
                  {.sgd = {}, .lr = [](std::int64_t) { return 0.01; }},
                  std::make_unique<HostMean>());
  trainer.weights().initialise(1);
  trainer.restore(std::nullopt);
  Graph graph("train", {.threads = 3});
  std::vector<double> losses;
  batches_of(graph, files, options) >> trainer.train(graph) >>
      graph.sink("log", [&](const forebay::Step& step) { losses.push_back(step.result.loss_sum); });
  const GraphSnapshot run = graph.run();
  ASSERT_EQ(losses.size(), 22u);
  for (const double loss : losses) EXPECT_TRUE(std::isfinite(loss));
  EXPECT_EQ(run.node("decode").items_out + run.node("decode[gpu 0]").items_out, 88u);
}

}  // namespace
}  // namespace forebay::cuda
