// One training step of a small ResNet on one CPU replica with one thread: forward, backward, SGD
// and the reload of the weights. Run alone on a quiet machine; bench_train has larger networks.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay {
namespace {

void resnet_20_step(benchmark::State& state) {
  constexpr std::size_t kRows = 32, kValues = 3 * 32 * 32;
  const auto network = resnet(20, {3, 32, 32});
  const auto replica = make_cpu_replica(network, {.rows = kRows, .threads = 1});
  Weights weights(network);
  weights.initialise(1);
  replica->load_parameters(weights, 0, weights.parameters().size());
  Sgd sgd(network);
  std::vector<float> images(kRows * kValues);
  Random random(2);
  for (float& value : images) value = static_cast<float>(random.normal());
  const std::vector<int> labels(kRows, 7);

  for (auto _ : state) {
    replica->forward_backward({images.data(), labels, kRows}, [&](const GradientBucket& bucket) {
      sgd.update(weights.parameters(), bucket.begin, bucket.values, /*lr=*/0.01);
      replica->load_parameters(weights, bucket.begin, bucket.values.size());
    });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(resnet_20_step);

}  // namespace
}  // namespace forebay
