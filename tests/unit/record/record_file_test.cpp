// Files to record to: new, continued, full, and of other kinds.

#include <forebay/graph/record/record_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include <forebay/graph/record/recording.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "file_size_limit.hpp"
#include "made_up_run.hpp"

namespace forebay::detail {
namespace {

using test::error_of;
using test::lines_of_run;

class RecordFileTest : public testing::Test {
 protected:
  void write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string error(Existing existing) const {
    return error_of([&] { RecordFile file(path_, existing); });
  }

  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "run.frb";
};

TEST_F(RecordFileTest, MakesANewOne) {
  for (const Existing existing : {Existing::kRefuse, Existing::kContinue, Existing::kReplace}) {
    std::filesystem::remove(path_);
    RecordFile(path_, existing).append("a\n");
    EXPECT_EQ(content(), "a\n");
  }
}

TEST_F(RecordFileTest, RefusesARecordingThatIsThere) {
  write(lines_of_run(2));
  EXPECT_EQ(error(Existing::kRefuse),
            "'" + path_ + "' holds a recording already; give another file");
  EXPECT_EQ(content(), lines_of_run(2));
}

TEST_F(RecordFileTest, ReplacesARecordingWhenToldTo) {
  write(lines_of_run(2));
  RecordFile(path_, Existing::kReplace).append("a\n");
  EXPECT_EQ(content(), "a\n");
}

TEST_F(RecordFileTest, ContinuesAfterTheLastWholeLine) {
  write(lines_of_run(2) + "{\"step\":[10");
  RecordFile(path_, Existing::kContinue).append(lines_of_run(3));
  EXPECT_EQ(content(), lines_of_run(2) + lines_of_run(3));
  EXPECT_EQ(read_recording(path_).starts.size(), 2u);
}

TEST_F(RecordFileTest, NeverTouchesAFileOfAnotherKind) {
  for (const Existing existing : {Existing::kRefuse, Existing::kContinue, Existing::kReplace}) {
    write("my thesis");
    EXPECT_EQ(error(existing),
              "'" + path_ + "' holds something else than a recording; give another file");
    EXPECT_EQ(content(), "my thesis");
  }
}

TEST_F(RecordFileTest, DoesNotContinueADamagedOne) {
  std::string text = lines_of_run(2);
  text.insert(text.find('\n') + 1, "garbage\n");
  write(text);
  EXPECT_NE(error(Existing::kContinue), "");
  EXPECT_EQ(content(), text);
}

TEST_F(RecordFileTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(error_of([] { RecordFile file("/dev/full", Existing::kReplace); }),
            "'/dev/full' is no file; give the name of one");
  EXPECT_EQ(error_of([this] { RecordFile file(folder_.path(), Existing::kReplace); }),
            "cannot record to '" + folder_.path() + "': Is a directory");
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { RecordFile file(pipe, Existing::kReplace); }),
            "'" + pipe + "' is no file; give the name of one");
}

TEST_F(RecordFileTest, IsForOneRecorderAtATime) {
  RecordFile file(path_, Existing::kRefuse);
  EXPECT_EQ(error(Existing::kContinue),
            "another process records to '" + path_ + "'; give another file");
}

TEST_F(RecordFileTest, OfAFullDiskKeepsWholeLinesAndGoesOnWhenThereIsRoom) {
  RecordFile file(path_, Existing::kRefuse);
  file.append("first\n");
  {
    const test::FileSizeLimit limit(10);
    EXPECT_EQ(error_of([&] { file.append("second\n"); }),
              "cannot record to '" + path_ + "': File too large");
    EXPECT_EQ(content(), "first\n") << "what was written of the second has gone again";
  }
  file.append("third\n");
  EXPECT_EQ(content(), "first\nthird\n");
}

}  // namespace
}  // namespace forebay::detail
