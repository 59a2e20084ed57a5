// The OpenMP threads of a replica: how many there are, and what the environment can do to them.

#include <gtest/gtest.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <forebay/nodes/train/replica.hpp>
#include <support/error_of.hpp>
#include <support/process_threads.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

using test::process_threads;

constexpr std::size_t kRows = 4;

/// A small network, and what it is trained with.
struct Training {
  Training() {
    reference::fill_weights(network, weights);
    batch = reference::batch(0, kRows, network);
  }

  std::unique_ptr<Replica> replica(int threads) const {
    return make_cpu_replica(network, {.rows = kRows, .threads = threads});
  }
  void load(Replica& replica) const {
    replica.load_parameters(weights, 0, weights.parameters().size());
  }
  void step(Replica& replica, const std::function<void(const GradientBucket&)>& on_bucket) const {
    replica.forward_backward({batch.images.data(), batch.labels, kRows}, on_bucket);
  }

  Network network = resnet(20, {3, 16, 16}, 10);
  Weights weights{network};
  reference::SampleBatch batch;
};

// On a thread of its own: teams of the main thread are older than the test.
TEST(Threads, ATeamBelongsToTheThreadThatSteps) {
  std::thread([] {
    const Training training;
    const int before = process_threads();
    const auto replica = training.replica(3);
    training.load(*replica);
    EXPECT_EQ(process_threads(), before) << "compiling or loading grew a team";
    for (int i = 0; i < 3; ++i) {
      training.step(*replica, {});
      replica->evaluate({training.batch.images.data(), training.batch.labels, kRows});
      EXPECT_EQ(process_threads(), before + 2);
    }
    std::thread([&] {
      const int with_this = process_threads();
      training.load(*replica);
      EXPECT_EQ(process_threads(), with_this) << "loading on another thread grew a team";
    }).join();
  }).join();
}

/// A hash of two steps' gradients with three threads, as text.
std::string digest_of_gradients() {
  const Training training;
  const auto replica = training.replica(3);
  training.load(*replica);
  std::uint64_t hash = 0;
  for (int i = 0; i < 2; ++i) {
    training.step(*replica, [&](const GradientBucket& bucket) {
      for (float value : bucket.values)
        hash = reference::hashed(hash, std::bit_cast<std::uint32_t>(value));
    });
  }
  return "digest " + std::to_string(hash);
}

/// OpenMP reads its variables when a program starts: the death test's child sees them.
class OpenMpDeathTest : public testing::Test {
 protected:
  OpenMpDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  ~OpenMpDeathTest() override {
    for (const char* name : {"OMP_DYNAMIC", "OMP_MAX_ACTIVE_LEVELS", "OMP_THREAD_LIMIT"}) {
      unsetenv(name);
    }
  }
  static void set(const char* name, const char* value) { setenv(name, value, /*replace=*/1); }

  /// Ends the child with `text` as what it died of.
  [[noreturn]] static void say(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::_Exit(1);
  }
};

TEST_F(OpenMpDeathTest, AskingForSmallerTeamsChangesNothing) {
  const std::string expected = digest_of_gradients();
  set("OMP_DYNAMIC", "true");
  EXPECT_EXIT(say(digest_of_gradients()), testing::ExitedWithCode(1), expected);
  set("OMP_MAX_ACTIVE_LEVELS", "0");
  EXPECT_EXIT(say(digest_of_gradients()), testing::ExitedWithCode(1), expected);
}

TEST_F(OpenMpDeathTest, ALimitBelowTheThreadsIsRefused) {
  set("OMP_THREAD_LIMIT", "2");
  EXPECT_EXIT(say(test::error_of([] { Training().replica(3); })), testing::ExitedWithCode(1),
              "^resnet-20: cannot compile for the CPU: threads is 3, but the environment's "
              "OMP_THREAD_LIMIT is 2; unset it, or give no more threads$");
  EXPECT_EXIT(say(test::error_of([] { Training().replica(2); })), testing::ExitedWithCode(1), "^$");
}

}  // namespace
}  // namespace forebay
