// forebay report.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <support/temporary_folder.hpp>

#include "../../unit/record/made_up_run.hpp"
#include "outcome.hpp"

namespace forebay {
namespace {

using test::Outcome;
using test::outcome_of;
using testing::HasSubstr;

class ReportCommand : public testing::Test {
 protected:
  ReportCommand() { std::ofstream(recording_) << test::lines_of_run(5); }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TemporaryFolder folder_;
  const std::string recording_ = folder_ / "run.frb";
};

TEST_F(ReportCommand, WritesAPageBesideTheRecording) {
  const Outcome outcome = outcome_of({"report", recording_});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, folder_ / "run.html" + ": open it in any browser\n");
  EXPECT_THAT(content(folder_ / "run.html"), HasSubstr("Throughput, images/s"));
}

TEST_F(ReportCommand, WritesToTheFileGiven) {
  EXPECT_EQ(outcome_of({"report", recording_, "-o", folder_ / "page.html"}).code, 0);
  EXPECT_THAT(content(folder_ / "page.html"), HasSubstr("</html>"));
}

TEST_F(ReportCommand, SaysWhatIsNoRecording) {
  std::ofstream(recording_) << "my thesis";
  const Outcome outcome = outcome_of({"report", recording_});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "forebay: '" + recording_ + "' is no recording of a run\n");
}

TEST_F(ReportCommand, SaysWhenThereIsNoRoom) {
  const Outcome outcome = outcome_of({"report", recording_, "-o", "/dev/full"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "forebay: cannot write all of /dev/full; is the disk full?\n");
}

TEST_F(ReportCommand, NeedsARecording) { EXPECT_EQ(outcome_of({"report"}).code, 2); }

}  // namespace
}  // namespace forebay
