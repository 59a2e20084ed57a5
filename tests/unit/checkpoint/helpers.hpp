#pragma once

// What the checkpoint tests share: a folder of their own, file contents, a tiny network.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

namespace forebay {

class FolderTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ / name; }
  std::vector<std::string> files() const { return folder_.names(); }

  test::TemporaryFolder folder_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
  std::filesystem::remove(path);  // some file systems write a truncated file to the disk at once
  std::ofstream(path, std::ios::binary) << content;
}

using test::error_of;

/// The network of tests/fixtures/checkpoint/make.py.
inline Network tiny_network() {
  Network network;
  network.name = "tiny";
  network.parameters = {{"conv1.weight", {4, 3, 3, 3}, ParameterRole::kWeight, 0},
                        {"bn1.weight", {4}, ParameterRole::kNormWeight, 1},
                        {"bn1.bias", {4}, ParameterRole::kNormBias, 1},
                        {"fc.weight", {2, 4}, ParameterRole::kWeight, 2},
                        {"fc.bias", {2}, ParameterRole::kBias, 2}};
  network.buffers = {{"bn1.running_mean", {4}, 0, 1}, {"bn1.running_var", {4}, 1, 1}};
  return network;
}

/// A run of the tiny network in which every value tells `step`.
struct TinyRun {
  explicit TinyRun(const Network& described, std::int64_t step, std::size_t replicas = 2)
      : network(described), weights(described) {
    const auto base = static_cast<float>(step);
    fill(weights.parameters(), base);
    fill(weights.buffers(), base + 0.5F);
    weights.batches_tracked = step;
    velocity.resize(weights.parameters().size());
    fill(velocity, -base);
    for (std::size_t r = 0; r < replicas; ++r) {
      replica_buffers.emplace_back(weights.buffers().size());
      fill(replica_buffers.back(), base + static_cast<float>(r) / 4);
    }
    state.step = step;
    state.epoch = static_cast<int>(step / 10);
    state.position = step % 10;
    state.settings = {{"lr", "0.1"}, {"lr-step-epochs", "30,60"}};
  }

  void save(const std::string& stem) const {
    const std::vector<std::span<const float>> views(replica_buffers.begin(), replica_buffers.end());
    save_checkpoint(stem, network, weights, velocity, views, state);
  }

  static void fill(std::span<float> values, float base) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = base + static_cast<float>(i) / 128;
    }
  }

  const Network& network;
  Weights weights;
  std::vector<float> velocity;
  std::vector<std::vector<float>> replica_buffers;
  TrainingState state;
};

/// Loads `stem` and expects exactly what `TinyRun(network, step).save(stem)` saved.
inline void expect_run(const std::string& stem, const Network& network, std::int64_t step) {
  const TinyRun saved(network, step);
  Weights weights(network);
  const Checkpoint loaded = load_checkpoint(stem, network, weights);
  EXPECT_TRUE(std::ranges::equal(weights.parameters(), saved.weights.parameters()));
  EXPECT_TRUE(std::ranges::equal(weights.buffers(), saved.weights.buffers()));
  EXPECT_EQ(weights.batches_tracked, step);
  EXPECT_EQ(loaded.velocity, saved.velocity);
  EXPECT_EQ(loaded.replica_buffers, saved.replica_buffers);
  EXPECT_EQ(loaded.state, saved.state);
}

}  // namespace forebay
