// Verdicts on snapshots of real runs, which `bench_diagnosis --record` has kept with their truth.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include <support/recorded_graph.hpp>

namespace forebay {
namespace {

std::vector<std::filesystem::path> recorded() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(FOREBAY_FIXTURES "/diagnosis")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class RecordedTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(RecordedTest, HasTheVerdictThatWasPlanted) {
  const test::RecordedGraph graph = test::read_recorded(GetParam());
  const Verdict verdict = diagnose(graph.later - graph.earlier, graph.machine);
  EXPECT_EQ(verdict.bound.limit, graph.truth.limit) << describe(verdict);
  if (!graph.truth.node.empty()) {
    EXPECT_EQ(verdict.bound.node, graph.truth.node) << describe(verdict);
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RecordedTest, testing::ValuesIn(recorded()),
                         [](const auto& file) {
                           std::string name = file.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace forebay
