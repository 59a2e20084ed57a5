#include <forebay/graph/inspect/client.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;

FoundProcess process(std::int64_t pid, const std::string& program,
                     const std::vector<std::string>& graphs) {
  FoundProcess found{"/run/" + std::to_string(pid), {{pid, program, {program}}, {}}};
  for (const std::string& graph : graphs) found.runs.runs.push_back({graph, 1, true, 0});
  return found;
}

std::string refusal(const FoundProcesses& found, const std::optional<std::string>& which) {
  std::string text = error_of([&] { choose(found, which); });
  // The tests may run as any user.
  const std::size_t user = text.find(" of user ");
  if (user != text.npos) text.erase(user, text.find_first_of(" ;\n", user + 9) - user);
  return text;
}

const FoundProcesses kTwo{
    {process(12, "train", {"training", "validation"}), process(34, "pack", {"pack"})}, {}};

TEST(Choose, TakesTheOnlyProcess) {
  EXPECT_EQ(choose({{process(12, "train", {"g"})}, {}}, std::nullopt).socket(), "/run/12");
}

TEST(Choose, TakesAProcessByItsNumberOrProgramAndFollowsItsGraphs) {
  for (const char* which : {"12", "train"}) {
    const Inspector chosen = choose(kTwo, which);
    EXPECT_EQ(chosen.socket(), "/run/12");
    EXPECT_EQ(chosen.graph(), std::nullopt);
  }
}

TEST(Choose, TakesAGraphByItsName) {
  const Inspector chosen = choose(kTwo, "validation");
  EXPECT_EQ(chosen.socket(), "/run/12");
  EXPECT_EQ(chosen.graph(), "validation");
}

TEST(Choose, AsksForANumberWhereSeveralMatch) {
  EXPECT_EQ(refusal(kTwo, std::nullopt),
            "several processes run graphs; give one of the numbers 12 (training, validation), 34 "
            "(pack)");
  const FoundProcesses same{{process(1, "a", {"g"}), process(2, "b", {"g"})}, {}};
  EXPECT_EQ(refusal(same, "g"), "several processes run 'g'; give one of the numbers 1 (g), 2 (g)");
}

TEST(Choose, NamesWhatThereIs) {
  EXPECT_EQ(refusal(kTwo, "tranning"),
            "no graph or program 'tranning'; there are 12 (training, validation), 34 (pack)");
  EXPECT_EQ(refusal({}, std::nullopt), "no process runs a graph");
  EXPECT_EQ(refusal({{}, {"asking x.sock: no answer in time"}}, "g"),
            "no process runs a graph, or:\n  asking x.sock: no answer in time");
}

TEST(Choose, SaysWhyAProcessCannotBeShown) {
  EXPECT_EQ(refusal(kTwo, "999999999"), "there is no process 999999999");
  const std::string self = std::to_string(getpid());
  EXPECT_TRUE(refusal(kTwo, self).starts_with("process " + self + " has no graph to show: "));
  EXPECT_EQ(refusal({{}, {"asking /run/" + self + ".sock: no answer in time"}}, self),
            "asking /run/" + self + ".sock: no answer in time");
  if (geteuid() != 0) {
    EXPECT_EQ(refusal(kTwo, "1"), "process 1 is; give the command as that user");
  }
}

}  // namespace
}  // namespace forebay
