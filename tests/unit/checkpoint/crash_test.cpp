// What a crash at any moment of saving leaves.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <forebay/nodes/random.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

class CrashTest : public FolderTest {
 protected:
  // The files of a finished save of `step`, to compose what a crash leaves.
  void saved(const std::string& name, std::int64_t step) {
    TinyRun(network_, step).save(path(name));
  }

  void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(path(from), path(to),
                               std::filesystem::copy_options::overwrite_existing);
  }

  const Network network_ = tiny_network();
};

TEST_F(CrashTest, WhileWritingTheTemporariesLeavesTheFormerPair) {
  saved("a", 1);
  saved("b", 2);
  const std::string model = content_of(path("b.safetensors"));
  const std::string state = content_of(path("b.state.safetensors"));
  for (std::size_t size = 0; size <= model.size(); size += 97) {
    write_file(path("a.safetensors.tmp"), model.substr(0, size));
    expect_run(path("a"), network_, 1);
  }
  for (std::size_t size = 0; size <= state.size(); size += 97) {
    write_file(path("a.state.safetensors.tmp"), state.substr(0, size));
    expect_run(path("a"), network_, 1);
  }
  copy("b.safetensors", "a.safetensors.tmp");
  copy("b.state.safetensors", "a.state.safetensors.tmp");
  expect_run(path("a"), network_, 1);
}

TEST_F(CrashTest, BetweenTheRenamesLeavesTheNewPair) {
  saved("a", 1);
  saved("b", 2);
  copy("b.safetensors", "a.safetensors");
  copy("b.state.safetensors", "a.state.safetensors.tmp");
  expect_run(path("a"), network_, 2);
  std::filesystem::remove(path("a.state.safetensors"));  // there was no former pair
  expect_run(path("a"), network_, 2);
}

TEST_F(CrashTest, DuringTheSaveAfterACrashBetweenTheRenamesLeavesAWholePair) {
  saved("a", 1);
  saved("b", 2);
  copy("b.safetensors", "a.safetensors");
  copy("b.state.safetensors", "a.state.safetensors.tmp");
  std::filesystem::create_symlink("/dev/full", path("a.safetensors.tmp"));
  EXPECT_THROW(saved("a", 3), Error);
  expect_run(path("a"), network_, 2);
}

TEST_F(CrashTest, APairOfTwoSavesIsRefused) {
  saved("a", 1);
  saved("b", 2);
  copy("b.safetensors", "a.safetensors");
  Weights weights(network_);
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a"), network_, weights); }),
            "reading \"" + path("a.state.safetensors") +
                "\": it is damaged or not the state of the model \"" + path("a.safetensors") +
                "\"; resume from another checkpoint, or remove it to load the model alone");
  std::filesystem::remove(path("a.state.safetensors"));
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a"), network_, weights); }),
            "reading \"" + path("a.state.safetensors") + "\": it is missing beside the model \"" +
                path("a.safetensors") +
                "\"; resume from another checkpoint, or load the model alone");
}

TEST_F(CrashTest, KilledAtRandomMomentsAWholePairIsLeft) {
  Random random(5);
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (std::int64_t step = 1;; ++step) {
        TinyRun(network_, step).save(path("a"));
        if (write(ends[1], "x", 1) != 1) _exit(1);
      }
    }
    ASSERT_GT(child, 0);
    close(ends[1]);
    char byte = 0;
    for (std::uint64_t saves = 1 + random.below(5); saves > 0; --saves) {
      ASSERT_EQ(read(ends[0], &byte, 1), 1);
    }
    // Some more of the next save, for as long as this takes.
    volatile std::uint64_t sum = 0;
    for (std::uint64_t n = random.below(2'000'000); n > 0; --n) sum = sum + n;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ends[0]);

    const LatestCheckpoint latest = find_latest(path("a"));
    EXPECT_EQ(latest.stem, "");  // "a" itself is not a name of a series
    Weights weights(network_);
    const std::int64_t step = load_checkpoint(path("a"), network_, weights).state.step;
    expect_run(path("a"), network_, step);
  }
}

}  // namespace
}  // namespace forebay
