// Forebay's feed beside its peers': reads a .rec file again and again, and prints one line of JSON.
//
//     bench_feed FOLDER [--work train|eval|fixed] [--type float32|float16] [--layout nchw|nhwc]
//                [--threads N] [--seconds S] [--dump FILE]
//                [--records NAME.rec] [--decode fast|exact]
//
// FOLDER has images.rec. The first arguments and the output are those of peers/common.py; --dump
// saves the first batch as it lies in memory.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <string>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/read/reader.hpp>

namespace {

using namespace forebay;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;
constexpr double kWarmSeconds = 1;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double memory_mib() {
  std::ifstream maps("/proc/self/smaps_rollup");
  for (std::string word; maps >> word;) {
    if (word == "Pss:" && maps >> word) return std::stod(word) / 1024;
  }
  return 0;
}

/// Counts batches from the time when all is warm.
class Measure {
 public:
  explicit Measure(double seconds) : seconds_(seconds) {}

  /// Whether the time is over.
  bool add(std::size_t images) {
    if (!warm_) {
      warm_ = seconds_since(begin_) >= kWarmSeconds;
      if (warm_) {
        begin_ = Clock::now();
        cpu_ = cpu_seconds();
      }
      return false;
    }
    images_ += images;
    return seconds_since(begin_) >= seconds_;
  }

  void print() const {
    std::printf("{\"images\": %zu, \"seconds\": %.4f, \"cpu\": %.4f, \"mib\": %.1f}\n", images_,
                seconds_since(begin_), cpu_seconds() - cpu_, memory_mib());
  }

 private:
  double seconds_;
  Clock::time_point begin_ = Clock::now();
  double cpu_ = 0;
  std::size_t images_ = 0;
  bool warm_ = false;
};

using Arguments = std::map<std::string, std::string>;

Arguments arguments(int argc, char** argv) {
  Arguments given{{"--work", "train"},         {"--type", "float32"}, {"--layout", "nchw"},
                  {"--threads", "2"},          {"--seconds", "3"},    {"--dump", ""},
                  {"--records", "images.rec"}, {"--decode", "fast"}};
  for (int i = 2; i + 1 < argc; i += 2) {
    if (!given.contains(argv[i])) throw Error(std::string("there is no ") + argv[i]);
    given[argv[i]] = argv[i + 1];
  }
  return given;
}

AugmentOptions augmentation(const std::string& work) {
  if (work == "eval") return imagenet_validation();
  AugmentOptions options = imagenet_train();
  if (work == "fixed") {  // the crop can only be all of an image that has this ratio
    options.min_random_area = 1;
    options.min_random_aspect_ratio = options.max_random_aspect_ratio;
    options.random_mirror = false;
  }
  return options;
}

SampleFormat format(Arguments& given) {
  return {given["--type"] == "float16" ? SampleType::kFloat16 : SampleType::kFloat32,
          given["--layout"] == "nchw" ? SampleLayout::kNchw : SampleLayout::kNhwc};
}

void dump(const Batch& batch, const std::string& path) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(batch.images),
             static_cast<std::streamsize>(batch.filled * batch.row_bytes()));
}

void run(const std::string& folder, Arguments& given) {
  const bool train = given["--work"] == "train";
  const int threads = std::stoi(given["--threads"]);
  RecordReader reader({.data = folder + "/" + given["--records"],
                       .shuffle = train,
                       .seed = 1,
                       .end = RecordReader::kForever});
  ImagePathOptions options;
  options.augment = augmentation(given["--work"]);
  options.decode_mode = given["--decode"] == "exact" ? DecodeMode::kExact : DecodeMode::kFast;
  options.decode_concurrency = options.augment_concurrency = static_cast<std::size_t>(threads);
  const BatchPool batches(kBatch, options.augment.image_shape, format(given));
  const ImagePool images;
  Measure measure(std::stod(given["--seconds"]));
  Graph graph("feed", {.threads = threads});
  const auto read = graph.source("read", [&reader] { return reader(); });
  read >> image_path(graph, options, batches, images) >>
      graph.sink("measure", [&](const BatchHandle& batch) {
        if (!given["--dump"].empty()) {
          dump(*batch, given["--dump"]);
          graph.cancel();
        } else if (measure.add(batch->filled)) {
          measure.print();
          graph.cancel();
        }
      });
  graph.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_feed FOLDER [--work train|eval] [--threads N] ...\n");
    return 2;
  }
  try {
    Arguments given = arguments(argc, argv);
    run(argv[1], given);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_feed: %s\n", error.what());
    return 1;
  }
}
