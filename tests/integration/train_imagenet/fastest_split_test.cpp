#include <train_imagenet/fastest_split.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/host.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PossibleSplits, ShareThreadsAndBatchEvenly) {
  EXPECT_THAT(possible_splits(64, 128), ElementsAre(1, 2, 4, 8, 16, 32, 64));
  EXPECT_THAT(possible_splits(6, 32), ElementsAre(1, 2));
  EXPECT_THAT(possible_splits(2, 33), ElementsAre(1));
  EXPECT_THAT(possible_splits(4, 0), ElementsAre(1, 2, 4));  // --batch-size max
}

class FastestSplit : public testing::Test {
 protected:
  TrainOptions options(const std::string& devices, const std::string& batch = "128") {
    return parse_options(
        {"--benchmark", "1", "--network", "mlp", "--batch-size", batch, "--devices", devices});
  }

  // A step of one replica takes a second, of others `factor` of what as many images took then.
  TrainOptions found(const TrainOptions& given, double factor) {
    Log log = file_.plain();
    return with_fastest_split(given, log, [&](const TrainOptions& with) {
      tried_.push_back(with);
      const bool one = with.devices.size() == 1;
      return TriedStep{"", (one ? 1 : factor) * with.batch_size / tried_.front().batch_size};
    });
  }

  std::string said() const { return file_.text(); }

  LogFile file_;
  std::vector<TrainOptions> tried_;
};

TEST_F(FastestSplit, IsTaken) {
  if (usable_threads() < 2) GTEST_SKIP() << "one core is not divided";
  const TrainOptions one = found(options("cpu:auto"), 1.1);
  EXPECT_EQ(one.devices, (std::vector<DeviceName>{{"cpu", 0}}));
  EXPECT_EQ(one.batch_size, 128);
  tried_.clear();
  EXPECT_GT(found(options("cpu:auto"), 0.9).devices.size(), 1u);
  EXPECT_THAT(said(), HasSubstr("--devices cpu:auto: 1 x "));
  EXPECT_THAT(said(), HasSubstr("--devices cpu:0,cpu:1"));
}

TEST_F(FastestSplit, HasFewReplicasWhereMoreAreHardlyFaster) {
  EXPECT_EQ(found(options("cpu:auto"), 0.98).devices.size(), 1u);
}

TEST_F(FastestSplit, IsTriedWithFewImages) {
  found(options("cpu:auto", "65536"), 1);
  for (const TrainOptions& tried : tried_) EXPECT_EQ(tried.batch_size, 8 * usable_threads());
  tried_.clear();
  found(options("cpu:auto", "max"), 1);
  for (const TrainOptions& tried : tried_) EXPECT_EQ(tried.batch_size, 8 * usable_threads());
  tried_.clear();
  found(options("cpu:auto", "2"), 1);
  for (const TrainOptions& tried : tried_) EXPECT_EQ(tried.batch_size, 2);
}

TEST_F(FastestSplit, LeavesReplicasThatAreGivenAlone) {
  EXPECT_EQ(found(options("cpu:0,cpu:1"), 1).devices.size(), 2u);
  EXPECT_TRUE(tried_.empty());
  EXPECT_EQ(said(), "");
}

TEST_F(FastestSplit, SaysWhyNoStepCouldBeMade) {
  Log log = file_.plain();
  try {
    with_fastest_split(options("cpu:auto"), log, [](const TrainOptions&) {
      return TriedStep{"no room", 0};
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--devices cpu:auto: no step could be made: no room"));
  }
}

TEST(TimeStep, DoesSome) {
  const TriedStep done = time_step(parse_options(
      {"--benchmark", "1", "--devices", "cpu:0,cpu:1", "--network", "mlp", "--batch-size", "4"}));
  EXPECT_EQ(done.error, "");
  EXPECT_GT(done.seconds, 0);
}

}  // namespace
}  // namespace forebay
