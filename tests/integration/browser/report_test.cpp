// The report of a recorded run as its reader sees it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <forebay/graph/report/html_report.hpp>
#include <support/temporary_folder.hpp>

#include "../../unit/report/recordings.hpp"
#include "browser.hpp"

namespace forebay {
namespace {

TEST(ReportPage, OpensWithoutComplaintsAndAsksForNothing) {
#ifndef FOREBAY_CHROMIUM
  GTEST_SKIP() << "there is no Chromium; scripts/install --browser installs it";
#else
  const test::TemporaryFolder folder;
  std::ofstream(folder / "run.html") << html_report(test::small_recording());
  test::Browser browser(FOREBAY_CHROMIUM);
  browser.open("file://" + folder / "run.html");
  EXPECT_EQ(browser.evaluate("document.title"), "train: run report");
  EXPECT_EQ(browser.evaluate("document.querySelectorAll('figure svg').length"), 5);
  EXPECT_EQ(browser.evaluate("performance.getEntriesByType('resource').length"), 0);
  EXPECT_EQ(browser.evaluate("getComputedStyle(document.querySelector('.strip')).height"), "24px")
      << "the style is allowed";
  EXPECT_GT(browser.evaluate("document.querySelector('path.line').getTotalLength()"), 100);
  EXPECT_EQ(browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  EXPECT_THAT(browser.complaints(), testing::IsEmpty());
#endif
}

}  // namespace
}  // namespace forebay
