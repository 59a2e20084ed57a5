// What networks the CPU compiles, beyond those that are built in.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <forebay/nodes/network/builder.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <support/error_of.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

using test::error_of;

constexpr std::size_t kRows = 4;

/// Layers of every kind that read the images, or with `copied` what a convolution made of them.
Network reads_images(bool copied) {
  NetworkBuilder builder("reads-images", {2, 6, 6}, 3);
  const Window three{.kernel = 3, .stride = 1, .padding = 1};
  const int images = copied ? builder.convolution("copy", 0, 2, Window{}) : 0;
  int x = builder.relu("relu1", builder.norm("bn1", images));
  x = builder.norm("bn2", builder.convolution("conv1", x, 2, three));
  x = builder.relu("relu2", builder.add("add1", x, images));
  x = builder.add("add2", images, builder.convolution("conv2", x, 2, three));
  x = builder.add("add3", x, builder.relu("relu3", images));
  x = builder.add("add4", x, builder.max_pool("pool", images, three));
  x = builder.linear("fc1", builder.flatten("flatten1", x), 5);
  const int mean = builder.flatten("flatten2", builder.global_average_pool("mean", images));
  x = builder.add("add5", x, builder.linear("fc2", mean, 5));
  builder.linear("fc3", x, 3);
  return std::move(builder).finish();
}

struct Outcome {
  double loss = 0;
  std::map<std::string, std::vector<float>> gradients;  // by parameter
  std::vector<float> logits;                            // of fewer rows than compiled
};

Outcome outcome(const Network& network) {
  Weights weights(network);
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const std::string& name = network.parameters[i].name;
    for (std::size_t at = weights.parameter_offset(i); at < weights.parameter_offset(i + 1); ++at) {
      const std::size_t k = at - weights.parameter_offset(i);
      weights.parameters()[at] = name == "copy.weight"
                                     ? (k % 3 == 0 ? 1.0F : 0.0F)  // the identity of 2 x 2
                                     : 0.3F * reference::uniform(std::hash<std::string>()(name), k);
    }
  }
  const auto replica = make_cpu_replica(network, {.rows = kRows});
  replica->load_parameters(weights, 0, weights.parameters().size());
  const auto batch = reference::batch(0, kRows, network);
  std::vector<float> all(weights.parameters().size());
  Outcome result;
  result.loss = replica
                    ->forward_backward({batch.images.data(), batch.labels, kRows},
                                       [&](const GradientBucket& bucket) {
                                         std::ranges::copy(bucket.values, &all[bucket.begin]);
                                       })
                    .loss_sum;
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    result.gradients[network.parameters[i].name].assign(
        &all[weights.parameter_offset(i)], all.data() + weights.parameter_offset(i + 1));
  }
  result.logits.resize(3 * 3);
  replica->evaluate({batch.images.data(), std::span(batch.labels).first(3), 3}, result.logits);
  return result;
}

TEST(Compile, AnyLayerMayReadTheImages) {
  const Outcome images = outcome(reads_images(false)), copies = outcome(reads_images(true));
  EXPECT_NEAR(images.loss, copies.loss, 1e-5);
  for (const auto& [name, gradient] : images.gradients) {
    const std::vector<float>& expected = copies.gradients.at(name);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      EXPECT_NEAR(gradient[i], expected[i], 1e-4) << name << " " << i;
    }
  }
  for (std::size_t i = 0; i < images.logits.size(); ++i) {
    EXPECT_NEAR(images.logits[i], copies.logits[i], 1e-4);
  }
}

TEST(Compile, RefusesALayerThatNothingReads) {
  NetworkBuilder builder("loose", {1, 4, 4}, 2);
  const int flat = builder.flatten("flatten", 0);
  builder.linear("aside", flat, 3);
  builder.linear("fc", flat, 2);
  const Network network = std::move(builder).finish();
  EXPECT_EQ(error_of([&] { make_cpu_replica(network, {}); }),
            "loose: nothing reads layer aside; only the last layer may be left over");
}

TEST(Compile, RefusesLogitsThatAreNotOneForEachClass) {
  NetworkBuilder builder("short", {1, 4, 4}, 10);
  builder.linear("fc", builder.flatten("flatten", 0), 7);
  const Network network = std::move(builder).finish();
  EXPECT_EQ(error_of([&] { make_cpu_replica(network, {}); }),
            "short: the last layer, fc, gives 7 values for 10 classes; let it give one for each");
}

}  // namespace
}  // namespace forebay
