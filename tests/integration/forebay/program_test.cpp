// The table of commands: what is listed, refused, and answered from it.

#include <gtest/gtest.h>

#include <string>

#include <forebay/arguments.hpp>
#include <forebay/program.hpp>

#include "outcome.hpp"

namespace forebay {
namespace {

using test::Outcome;
using test::outcome_of;

TEST(ForebayProgramTest, HelpListsEveryCommand) {
  const Outcome outcome = outcome_of({"--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const Command& command : commands()) {
    EXPECT_NE(outcome.out.find("  " + command.name), std::string::npos) << command.name;
  }
}

TEST(ForebayProgramTest, EveryCommandTellsItsUsage) {
  for (const Command& command : commands()) {
    const Outcome outcome = outcome_of({command.name, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find(command.name + " " + command.usage), std::string::npos);
    EXPECT_NE(outcome.out.find(command.details), std::string::npos);
  }
}

TEST(ForebayProgramTest, RefusesAnUnknownCommandWithTheNearest) {
  const Outcome outcome = outcome_of({"snapshots"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "forebay: there is no command 'snapshots'; did you mean 'snapshot'?\n");
}

TEST(ForebayProgramTest, RefusesAnUnknownFlagAndTooManyArguments) {
  EXPECT_EQ(outcome_of({"snapshot", "--colour"}).code, 2);
  EXPECT_EQ(outcome_of({"snapshot", "one", "two"}).err,
            "forebay: 'two' is one argument too many; leave it out\n");
}

TEST(ForebayProgramTest, ReadsPlacesFlagsAndSwitches) {
  const Arguments arguments = read_arguments({"here", "--seconds", "3", "--once"},
                                             {{"seconds", true}, {"once", false}}, 0, 1);
  EXPECT_EQ(arguments.place(0), "here");
  EXPECT_EQ(arguments.text("seconds"), "3");
  EXPECT_TRUE(arguments.has("once"));
  EXPECT_EQ(arguments.place(1), std::nullopt);
}

}  // namespace
}  // namespace forebay
