#include <gmock/gmock.h>

#include <filesystem>

#include "helpers.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FindLatestTest : public FolderTest {
 protected:
  void save(const std::string& stem, std::int64_t step) { TinyRun(network_, step).save(stem); }

  const Network network_ = tiny_network();
  const std::string prefix_ = path("run");
};

TEST_F(FindLatestTest, FindsNothingInAnEmptyOrMissingFolder) {
  EXPECT_EQ(find_latest(prefix_).stem, "");
  EXPECT_EQ(find_latest(path("no/run")).stem, "");
}

TEST_F(FindLatestTest, TakesTheOneWithTheMostSteps) {
  save(checkpoint_stem(prefix_, 9), 90);
  save(checkpoint_stem(prefix_, 10), 100);
  save(interrupted_stem(prefix_), 95);
  EXPECT_EQ(find_latest(prefix_).stem, checkpoint_stem(prefix_, 10));
  EXPECT_EQ(find_latest(prefix_).step, 100);
  save(interrupted_stem(prefix_), 105);
  EXPECT_EQ(find_latest(prefix_).stem, interrupted_stem(prefix_));
  EXPECT_EQ(find_latest(prefix_).step, 105);
  EXPECT_THAT(find_latest(prefix_).passed_over, IsEmpty());
}

TEST_F(FindLatestTest, PrefersTheEndOfTheEpochAmongEquals) {
  save(interrupted_stem(prefix_), 100);
  save(checkpoint_stem(prefix_, 10), 100);
  EXPECT_EQ(find_latest(prefix_).stem, checkpoint_stem(prefix_, 10));
}

TEST_F(FindLatestTest, LeavesOtherFilesAlone) {
  save(checkpoint_stem(prefix_, 1), 10);
  save(checkpoint_stem(path("runner"), 7), 70);
  save(path("run-best"), 80);
  save(path("run-002"), 90);
  write_file(path("run-0009.params"), "");
  write_file(path("run-0009.safetensors.tmp"), "");
  EXPECT_EQ(find_latest(prefix_).stem, checkpoint_stem(prefix_, 1));
  EXPECT_THAT(find_latest(prefix_).passed_over, IsEmpty());
}

TEST_F(FindLatestTest, PassesOverWhatCannotBeResumedAndSaysWhy) {
  save(checkpoint_stem(prefix_, 1), 10);
  save(checkpoint_stem(prefix_, 2), 20);
  save(checkpoint_stem(prefix_, 3), 30);
  std::filesystem::remove(path("run-0002.state.safetensors"));
  write_file(path("run-0003.safetensors"),
             content_of(path("run-0003.safetensors")).substr(0, 1000));
  const LatestCheckpoint latest = find_latest(prefix_);
  EXPECT_EQ(latest.stem, checkpoint_stem(prefix_, 1));
  ASSERT_EQ(latest.passed_over.size(), 2u);
  EXPECT_EQ(latest.passed_over[0],
            "reading \"" + path("run-0002.state.safetensors") +
                "\": it is missing beside the model \"" + path("run-0002.safetensors") +
                "\"; resume from another checkpoint, or load the model alone");
  EXPECT_THAT(latest.passed_over[1], testing::StartsWith("reading \"" + path("run-0003")));
}

TEST_F(FindLatestTest, ListsWhatIsFurtherThanAnEpoch) {
  EXPECT_THAT(checkpoints_after(prefix_, 0), IsEmpty());
  save(checkpoint_stem(prefix_, 12345), 123450);
  save(checkpoint_stem(prefix_, 9), 90);
  save(checkpoint_stem(prefix_, 10), 100);
  save(checkpoint_stem(path("runner"), 7), 70);
  save(interrupted_stem(prefix_), 115);  // inside the epoch after the 11th
  const auto after = [&](int epoch) { return checkpoints_after(prefix_, epoch); };
  const std::string nine = path("run-0009"), ten = path("run-0010"), last = path("run-12345"),
                    interrupted = path("run-interrupted");
  EXPECT_THAT(after(0), ElementsAre(nine, ten, last, interrupted));
  EXPECT_THAT(after(9), ElementsAre(ten, last, interrupted));
  EXPECT_THAT(after(11), ElementsAre(last, interrupted));
  EXPECT_THAT(after(12), ElementsAre(last));
  EXPECT_THAT(after(12345), IsEmpty());
  write_file(path("run-interrupted.safetensors"), "damaged");
  EXPECT_THAT(after(12345), ElementsAre(interrupted));
}

TEST_F(FindLatestTest, LooksInTheCurrentFolderForABarePrefix) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  save(checkpoint_stem("run", 1), 10);
  const LatestCheckpoint latest = find_latest("run");
  std::filesystem::current_path(before);
  EXPECT_EQ(latest.stem, "run-0001");
}

}  // namespace
}  // namespace forebay
