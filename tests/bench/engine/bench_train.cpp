// Images per second of training on one CPU replica: forward, backward, SGD with momentum and the
// reload of the weights, on random images.
//
//   bench_train DEPTH ROWS THREADS STEPS [SIZE [DTYPE]]     e.g. bench_train 50 16 1 5 224 bfloat16
//
// Prints the median step's images/s and, for machines that others use too, the images for each
// second of processor time. The first step is not counted.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace {

using forebay::GradientBucket;

struct Options {
  int depth, rows, threads, steps, size;
  forebay::Precision precision;
};
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

void run(const Options& options) {
  const auto network = forebay::resnet(options.depth, {3, options.size, options.size});
  const auto rows = static_cast<std::size_t>(options.rows);
  const auto replica = forebay::make_cpu_replica(
      network, {.rows = rows, .threads = options.threads, .precision = options.precision});
  forebay::Weights weights(network);
  weights.initialise(1);
  replica->load_parameters(weights, 0, weights.parameters().size());
  forebay::Sgd sgd(network);
  std::vector<float> images(rows * 3 * static_cast<std::size_t>(options.size * options.size));
  forebay::Random random(2);
  for (float& value : images) value = static_cast<float>(random.normal());
  const std::vector<int> labels(rows, 7);

  std::vector<double> seconds, processor;
  for (int step = 0; step <= options.steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    const double processor_start = processor_seconds();
    replica->forward_backward({images.data(), labels, rows}, [&](const GradientBucket& bucket) {
      sgd.update(weights.parameters(), bucket.begin, bucket.values, /*lr=*/0.01);
      replica->load_parameters(weights, bucket.begin, bucket.values.size());
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (step == 0) continue;
    seconds.push_back(took.count());
    processor.push_back(processor_seconds() - processor_start);
  }
  const auto images_per = [&](const std::vector<double>& times) {
    return static_cast<double>(rows) / median(times);
  };
  std::printf("resnet-%d, %d rows, %d threads, %zu MiB: %.3f images/s, %.3f per processor second\n",
              options.depth, options.rows, options.threads, replica->memory_bytes() >> 20,
              images_per(seconds), images_per(processor));
}

forebay::Precision precision(const std::string& name) {
  if (name == "float32") return forebay::Precision::kFloat32;
  if (name == "bfloat16") return forebay::Precision::kBfloat16;
  throw forebay::Error("DTYPE is " + name + "; give float32 or bfloat16");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) {
    std::fprintf(stderr, "usage: bench_train DEPTH ROWS THREADS STEPS [SIZE [DTYPE]]\n");
    return 2;
  }
  try {
    run({std::atoi(arguments[1]), std::atoi(arguments[2]), std::atoi(arguments[3]),
         std::max(std::atoi(arguments[4]), 1), count > 5 ? std::atoi(arguments[5]) : 224,
         precision(count > 6 ? arguments[6] : "float32")});
  } catch (const forebay::Error& error) {
    std::fprintf(stderr, "bench_train: %s\n", error.what());
    return 1;
  }
  return 0;
}
