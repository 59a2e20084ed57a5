// --record.

#include <gtest/gtest.h>
#include <signal.h>

#include <forebay/graph/record/recording.hpp>

#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

std::vector<std::string> recorded(const Folder& folder) {
  return small_run(folder / "model") + std::vector<std::string>{"--record", folder / "run.frb"};
}

// The figure named, as told when the passes of a graph ended.
std::vector<double> at_ends(const Recording& recording, const std::string& graph,
                            const std::string& figure) {
  std::vector<double> values;
  for (const RecordedStep& step : recording.steps) {
    if (!step.ends || recording.graphs[*step.graph].name != graph) continue;
    const RecordedProgress& progress = recording.progress[*step.progress].front();
    for (std::size_t i = 0; i < progress.figures.size(); ++i) {
      if (progress.figures[i] == figure) values.push_back(step.told.front()[i + 1]);
    }
  }
  return values;
}

TEST(Record, KeepsEveryPassAndWhatItCameTo) {
  const Folder folder;
  const Ended ended = train_imagenet(recorded(folder));
  ASSERT_EQ(ended.code, 0) << ended.log;

  const Recording recording = read_recording(folder / "run.frb");
  EXPECT_EQ(recording.starts.at(0).program, "train_imagenet");
  EXPECT_EQ(recording.devices.size(), 2u);
  EXPECT_EQ(at_ends(recording, "train_imagenet", "loss").size(), std::size_t{kSmallRunEpochs});
  const std::vector<double> accuracy = at_ends(recording, "validation", "accuracy");
  ASSERT_EQ(accuracy.size(), std::size_t{kSmallRunEpochs});
  EXPECT_NEAR(accuracy.back(), last_value(ended.log, "Validation-accuracy"), 1e-4);
  double images = 0;
  for (const RecordedStep& step : recording.steps) {
    if (step.graph && recording.graphs[*step.graph].name == "train_imagenet")
      images += step.samples;
  }
  EXPECT_NEAR(images, kSmallRunEpochs * kSmallRunSteps * 64, 64);
}

TEST(Record, OfARunThatWasKilledGoesOnWithIt) {
  const Folder folder;
  Program program(FOREBAY_TRAIN_IMAGENET, recorded(folder));
  ASSERT_TRUE(program.wait_for_line_with("Epoch[1] Batch ["));
  program.send(SIGKILL);
  program.wait();
  EXPECT_EQ(read_recording(folder / "run.frb").starts.size(), 1u);

  const Ended again = train_imagenet(recorded(folder) + std::vector<std::string>{"--resume"});
  EXPECT_EQ(again.code, 0) << again.log;
  const Recording recording = read_recording(folder / "run.frb");
  EXPECT_EQ(recording.starts.size(), 2u);
  EXPECT_EQ(recording.graphs.size(), 2u);
}

TEST(Record, NeverOverwritesByAccident) {
  const Folder folder;
  write_file(folder / "run.frb", "my thesis");
  Ended ended = train_imagenet(recorded(folder) + std::vector<std::string>{"--overwrite"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(lines_with(ended.log, "holds something else than a recording").size(), 1u) << ended.log;
  EXPECT_EQ(read_file(folder / "run.frb"), "my thesis");
}

}  // namespace
}  // namespace forebay
