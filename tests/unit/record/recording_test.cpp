// Files that are whole, cut off, damaged, or something else.

#include <forebay/graph/record/recording.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "made_up_run.hpp"

namespace forebay {
namespace {

using test::error_of;
using test::lines_of_run;
using testing::HasSubstr;

class ReadRecording : public testing::Test {
 protected:
  void write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  Recording read() const { return read_recording(path_); }
  std::string error() const {
    return error_of([this] { read(); });
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "run.frb";
};

TEST_F(ReadRecording, GivesWhatWasWritten) {
  write(lines_of_run(5));
  const Recording recording = read();
  EXPECT_EQ(recording.starts.size(), 1u);
  EXPECT_EQ(recording.graphs.size(), 1u);
  EXPECT_EQ(recording.steps.size(), 5u);
  EXPECT_TRUE(recording.steps.back().ends);
}

TEST_F(ReadRecording, CutOffAnywhereGivesAllWholeLines) {
  const std::string all = lines_of_run(2);
  const std::size_t first_line = all.find('\n') + 1;
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string cut = all.substr(0, size);
    write(cut);
    if (size < first_line) {
      EXPECT_NE(error(), "") << size;
      continue;
    }
    std::size_t steps = 0;
    for (std::size_t at = 0; (at = cut.find("\"step\":", at)) != cut.npos; ++at) {
      if (cut.find('\n', at) != cut.npos) ++steps;
    }
    ASSERT_EQ(read().steps.size(), steps) << size;
  }
}

TEST_F(ReadRecording, SaysWhichFileIsNone) {
  EXPECT_EQ(error(), "cannot read '" + path_ + "': No such file or directory");
  for (const char* bytes : {"", "PNG\n", "{}\n", "{\"forebay\":1}\n"}) {
    write(bytes);
    EXPECT_EQ(error(), "'" + path_ + "' is no recording of a run") << bytes;
  }
  EXPECT_EQ(error_of([this] { read_recording(folder_.path()); }),
            "'" + folder_.path() + "' is no recording of a run");
  write(lines_of_run(1).substr(0, 60));
  EXPECT_EQ(error(), "the recording '" + path_ + "' was cut off in its first line");
}

TEST_F(ReadRecording, RefusesAnotherVersion) {
  std::string text = lines_of_run(1);
  text.replace(text.find(":1,"), 3, ":2,");
  write(text);
  EXPECT_EQ(error(), "line 1 of the recording '" + path_ +
                         "' cannot be read: it is of version 2, and this program reads version 1; "
                         "use the program that is as new as the file");
}

TEST_F(ReadRecording, PassesOverLinesOfAKindItDoesNotKnow) {
  std::string text = lines_of_run(2);
  text.insert(text.find('\n') + 1, "{\"weather\":\"fine\"}\n");
  write(text);
  EXPECT_EQ(read().steps.size(), 2u);
}

TEST_F(ReadRecording, NamesTheDamagedLine) {
  const std::string good = lines_of_run(2);
  const std::size_t second = good.find('\n') + 1;
  for (const char* bad : {"garbage", "7", "{\"step\":[1]}", "{\"verdict\":{}}",
                          "{\"step\":[1,1,1],\"host\":[0,0,0,0,0],\"devices\":[],\"graph\":9,"
                          "\"nodes\":[]}",
                          "{\"step\":[1,1],\"host\":[0,0,0,0,0],\"devices\":[],\"progress\":9,"
                          "\"told\":[]}"}) {
    std::string text = good;
    write(text.insert(second, std::string(bad) + "\n"));
    EXPECT_THAT(error(), HasSubstr("line 2 of the recording '" + path_ + "' cannot be read: "))
        << bad;
  }
}

// Whatever the bytes are, it is read or refused with an `Error`.
TEST_F(ReadRecording, SurvivesChangedBytes) {
  const std::string good = lines_of_run(3);
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    std::string bad = good;
    for (int k = 0; k < 3; ++k) bad[random() % bad.size()] = static_cast<char>(random() % 256);
    write(bad);
    if (!error().empty()) ++refused;
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace forebay
