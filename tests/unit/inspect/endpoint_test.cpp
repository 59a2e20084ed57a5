// The socket of a process: where it is, when it goes. Each case runs in a child process, because
// there is one endpoint per process.

#include <forebay/graph/inspect/endpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <forebay/graph/error.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/http.hpp>
#include <forebay/graph/inspect/unix_socket.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "raw_client.hpp"

namespace forebay::detail {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;

class EndpointTest : public testing::Test {
 protected:
  EndpointTest() {
    setenv("XDG_RUNTIME_DIR", runtime_.path().c_str(), 1);
    unsetenv("FOREBAY_INSPECT");
  }

  // Runs `child` in a child process that ends by exit(), as a program does; its exit code, or the
  // negative signal.
  template <typename Child>
  static int in_child(const Child& child) {
    const pid_t pid = fork();
    if (pid == 0) std::exit(child());
    return ended(pid);
  }
  static int ended(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string folder() const { return runtime_ / "forebay"; }
  std::string socket_of(pid_t pid) const { return folder() + "/" + std::to_string(pid) + ".sock"; }
  std::string own_socket() const { return socket_of(getpid()); }
  static bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

  static void run_a_graph() {
    Graph graph("g");
    graph.source("s", [n = 0]() mutable { return n < 3 ? std::optional(n++) : std::nullopt; }) >>
        graph.sink("eat", [](int) {});
    graph.run();
  }

  test::TemporaryFolder runtime_;
};

TEST_F(EndpointTest, IsThereFromTheFirstRunToTheEndOfTheProcess) {
  EXPECT_EQ(in_child([&] {
              if (exists(folder())) return 1;
              run_a_graph();
              if (!exists(own_socket())) return 2;
              const auto response = http_request(own_socket(), "GET", "/snapshot.json");
              return report_from_json(response.body).graph.node("eat").items_in == 3 ? 0 : 3;
            }),
            0);
  EXPECT_THAT(runtime_.names(), ElementsAre("forebay"));
  EXPECT_TRUE(std::filesystem::is_empty(folder()));
}

TEST_F(EndpointTest, AnswersWhileAGraphRuns) {
  EXPECT_EQ(in_child([&] {
              Graph graph("g");
              std::size_t limit = 0;
              graph.source(
                  "s", [n = 0]() mutable { return n++ == 0 ? std::optional(n) : std::nullopt; }) >>
                  graph.sink("eat", {.run_on = RunOn::kOwnThreads}, [&](int) {
                    const auto ask = [&](const char* body) {
                      return http_request(own_socket(), "POST", "/set", body).status;
                    };
                    if (ask(R"({"path": "eat.concurrency", "value": "3"})") != 200) return;
                    if (ask(R"({"path": "eat.concurrency", "value": "0"})") != 400) return;
                    limit = graph.settings("eat").concurrency;
                  });
              graph.run();
              return limit == 3 ? 0 : 1;
            }),
            0);
}

TEST_F(EndpointTest, LetsOnlyTheOwnerIn) {
  mkdir(folder().c_str(), 0755);
  EXPECT_EQ(in_child([&] {
              run_a_graph();
              struct stat socket {
              }, place{};
              stat(own_socket().c_str(), &socket);
              stat(folder().c_str(), &place);
              return (socket.st_mode & 0777) == 0600 && (place.st_mode & 0777) == 0700 ? 0 : 1;
            }),
            0);
}

TEST_F(EndpointTest, CanBeTurnedOff) {
  setenv("FOREBAY_INSPECT", "0", 1);
  EXPECT_EQ(in_child([&] {
              run_a_graph();
              return exists(folder()) ? 1 : 0;
            }),
            0);
}

TEST_F(EndpointTest, IsElsewhereWhereTheRuntimeFolderCannotBeUsed) {
  std::ofstream(folder()) << "a file";
  const std::string other = "/tmp/forebay-" + std::to_string(geteuid());
  EXPECT_EQ(in_child([&] {
              run_a_graph();
              return exists(other + "/" + std::to_string(getpid()) + ".sock") ? 0 : 1;
            }),
            0);
  EXPECT_EQ(error_of([&] { check_folder(folder()); }),
            folder() + " is not a folder of this user; remove it");
}

TEST_F(EndpointTest, DoesNotFollowALinkAsItsFolder) {
  std::filesystem::create_directory_symlink("/tmp", folder());
  EXPECT_NE(error_of([&] { check_folder(folder()); }), "");
}

TEST_F(EndpointTest, IsRemovedByTheNextWhenItsProcessWasKilled) {
  pid_t dead = fork();
  if (dead == 0) {
    run_a_graph();
    raise(SIGKILL);
  }
  EXPECT_EQ(ended(dead), -SIGKILL);
  EXPECT_TRUE(exists(socket_of(dead)));
  EXPECT_THAT(live_sockets(), testing::Not(testing::Contains(socket_of(dead))));
  EXPECT_FALSE(exists(socket_of(dead)));
}

TEST_F(EndpointTest, StaysTheParentsAfterAFork) {
  EXPECT_EQ(in_child([&] {
              run_a_graph();
              // A child that ends does not take the parent's socket with it.
              if (in_child([] { return 0; }) != 0) return 1;
              if (http_request(own_socket(), "GET", "/graphs").status != 200) return 2;
              // One that runs a graph gets a socket of its own.
              return in_child([&] {
                const auto runs = [&] {
                  return runs_from_json(http_request(own_socket(), "GET", "/graphs").body).runs;
                };
                const Registration registration({"child", [] { return GraphSnapshot{}; }, {}});
                return runs().size() == 1 && runs()[0].name == "child" ? 0 : 3;
              });
            }),
            0);
}

TEST_F(EndpointTest, EndsWithTheParentThoughAChildLivesOn) {
  int to_child[2], from_child[2];
  ASSERT_EQ(pipe(to_child), 0);
  ASSERT_EQ(pipe(from_child), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    run_a_graph();
    char byte = 0;
    [[maybe_unused]] ssize_t count = 0;
    if (fork() == 0) {
      close(to_child[1]);
      count = write(from_child[1], &byte, 1);  // it lives: what a fork does is done
      count = read(to_child[0], &byte, 1);     // until the test ends
      _exit(0);
    }
    count = read(from_child[0], &byte, 1);
    raise(SIGKILL);
  }
  EXPECT_EQ(ended(parent), -SIGKILL);
  EXPECT_TRUE(is_stale(socket_of(parent)));
  for (const int end : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(end);
}

TEST_F(EndpointTest, PrefersAFolderThatIsTheUsersOwn) {
  const std::string other = "/tmp/forebay-" + std::to_string(geteuid());
  EXPECT_THAT(socket_folders(), ElementsAre(folder(), other));
  setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
  EXPECT_THAT(socket_folders(), ElementsAre(other));
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_THAT(socket_folders(), ElementsAre(other));
}

}  // namespace
}  // namespace forebay::detail
