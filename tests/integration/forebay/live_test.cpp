// forebay ls, set and top on a graph that runs, and what they say where none does.

#include <gtest/gtest.h>

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include <forebay/graph/graph.hpp>

#include "outcome.hpp"

namespace forebay {
namespace {

using test::Outcome;
using test::outcome_of;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A graph that runs until the test ends: its sink waits with an item in hand.
class LiveTest : public testing::Test {
 protected:
  LiveTest() {
    const auto count = graph_.source(
        "count", [i = 0]() mutable { return i < 100 ? std::optional(i++) : std::nullopt; });
    const auto decode = graph_.transform("decode", {.concurrency = 2}, [](int i) { return i; });
    count >> decode >>
        graph_.sink("wait", {.run_on = RunOn::kOwnThreads}, [this, first = true](int) mutable {
          if (std::exchange(first, false)) started_.count_down();  // whichever comes first
          go_on_.wait();
        });
    run_ = std::jthread([this] { graph_.run(); });
    started_.wait();
  }
  ~LiveTest() override { go_on_.count_down(); }

  const std::string pid_ = std::to_string(getpid());
  std::latch started_{1}, go_on_{1};
  Graph graph_{"live"};
  std::jthread run_;
};

TEST_F(LiveTest, LsListsIt) {
  const Outcome outcome = outcome_of({"ls"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(has(outcome.out, pid_ + "  forebay_test")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "  live  ")) << outcome.out;
}

TEST_F(LiveTest, SetChangesASetting) {
  const Outcome outcome = outcome_of({"set", pid_, "decode.concurrency=5"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "decode.concurrency is 5\n");
  EXPECT_EQ(graph_.snapshot().node("decode").concurrency, 5u);
}

TEST_F(LiveTest, SetRefusesUnknownNodesAndWhatIsOutOfRange) {
  EXPECT_EQ(outcome_of({"set", pid_, "dekode.concurrency=5"}).err,
            "forebay: graph 'live' has no node 'dekode'; it has count, decode, wait\n");
  const Outcome zero = outcome_of({"set", pid_, "decode.concurrency=0"});
  EXPECT_EQ(zero.code, 1);
  EXPECT_TRUE(has(zero.err, "decode.concurrency is 0; give ")) << zero.err;
  EXPECT_EQ(outcome_of({"set", pid_}).code, 2);
  EXPECT_EQ(outcome_of({"set", pid_, "decode.concurrency"}).code, 2);
  EXPECT_EQ(graph_.snapshot().node("decode").concurrency, 2u);
}

TEST_F(LiveTest, TopPrintsJsonAndAPlainScreen) {
  const auto json = nlohmann::json::parse(outcome_of({"top", pid_, "--json"}).out);
  EXPECT_EQ(json["graph"], "live");
  EXPECT_EQ(json["nodes"].size(), 3u);
  const Outcome once = outcome_of({"top", pid_, "--once"});
  EXPECT_EQ(once.code, 0) << once.err;
  EXPECT_TRUE(has(once.out, "graph live")) << once.out;
  EXPECT_FALSE(has(once.out, "\x1b")) << once.out;
}

TEST_F(LiveTest, TopNamesWhatRunsWhereTheNameIsUnknown) {
  const Outcome outcome = outcome_of({"top", "no-such-graph"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(has(outcome.err, "no graph or program 'no-such-graph'")) << outcome.err;
  EXPECT_TRUE(has(outcome.err, pid_ + " (live")) << outcome.err;
  EXPECT_EQ(outcome_of({"top", "--sort", "colour"}).code, 2);
}

// The forebay program in a terminal of its own, as a user has it.
class Terminal {
 public:
  Terminal(const char* type, const std::string& pid) {
    winsize size{24, 80, 0, 0};
    child_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ == 0) {
      setenv("TERM", type, 1);
      execl(FOREBAY_PROGRAM, "forebay", "top", pid.c_str(), nullptr);
      _exit(127);
    }
  }
  ~Terminal() {
    close(terminal_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }
  void type(const std::string& keys) {
    ASSERT_EQ(write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// What it writes until `part` is there, or it has ended.
  std::string read_until(const std::string& part) {
    std::string text;
    char buffer[4096];
    while (!has(text, part)) {
      const ssize_t count = read(terminal_, buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  int exit_code() {
    int status = 0;
    waitpid(std::exchange(child_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void resize(unsigned short rows, unsigned short columns) {
    const winsize size{rows, columns, 0, 0};
    ASSERT_EQ(ioctl(terminal_, TIOCSWINSZ, &size), 0);
  }

 private:
  int terminal_ = -1;
  pid_t child_ = 0;
};

TEST_F(LiveTest, TopDrawsOnATerminalOfEightyColumnsAndObeysKeys) {
  Terminal terminal("vt100", pid_);
  EXPECT_TRUE(has(terminal.read_until("q quit"), "graph live"));
  terminal.type("jj");  // keys without a meaning do no harm
  terminal.type("\x1bOB\x1bOB+");
  EXPECT_TRUE(has(terminal.read_until("decode.concurrency 2 -> 3"), "2 -> 3"));
  EXPECT_EQ(graph_.snapshot().node("decode").concurrency, 3u);
  terminal.resize(10, 40);
  terminal.type("h");
  EXPECT_TRUE(has(terminal.read_until("page up"), "page up"));
  terminal.type("q");
  terminal.read_until("nothing more comes");
  EXPECT_EQ(terminal.exit_code(), 0);
}

TEST_F(LiveTest, TopSaysWhatToGiveOnATerminalThatCannotBeDrawnOn) {
  Terminal terminal("dumb", pid_);
  EXPECT_TRUE(has(terminal.read_until("--json"), "a terminal with TERM=dumb cannot be drawn on"));
  terminal.read_until("nothing more comes");
  EXPECT_EQ(terminal.exit_code(), 1);
}

}  // namespace
}  // namespace forebay
