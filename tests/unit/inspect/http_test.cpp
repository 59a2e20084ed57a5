// The server beside clients of every kind. None of these tests waits for a time to pass: reading
// until the server closes ends when its patience does.

#include <forebay/graph/inspect/http.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/listen.hpp>
#include <forebay/graph/inspect/unix_socket.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "raw_client.hpp"

namespace forebay::detail {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::RawClient;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Http, SplitsAndDecodesATarget) {
  HttpRequest request;
  read_target("/a%20b?graph=x%26y&empty&=v&bad=%zz%4", request);
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.query.at("graph"), "x&y");
  EXPECT_EQ(request.query.at("empty"), "");
  EXPECT_EQ(request.query.at("bad"), "%zz%4");
}

TEST(Http, EscapesWhatItDecodes) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  HttpRequest request;
  read_target("/?graph=" + escape(all), request);
  EXPECT_EQ(request.query.at("graph"), all);
  EXPECT_EQ(escape("a-b_c.d~9[0]"), "a-b_c.d~9%5B0%5D");
}

HttpResponse echo(const HttpRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("no luck");
  if (request.path == "/large") return {200, "text/plain", std::string(8 << 20, 'x')};
  return {200, "text/plain", request.method + " " + request.path + " " + request.body};
}

class Server : public testing::Test {
 protected:
  // Patient with those who are served, impatient with those who are waited for.
  static constexpr HttpLimits kPatient{.connections = 8, .patience = std::chrono::minutes(5)};
  static constexpr HttpLimits kImpatient{.connections = 8, .patience = milliseconds(20)};

  std::string get(const std::string& target) const {
    return http_request(path_, "GET", target, "", std::chrono::minutes(1)).body;
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "s.sock";
};

TEST_F(Server, Answers) {
  const HttpServer server(path_, echo, kPatient);
  EXPECT_EQ(get("/x"), "GET /x ");
  EXPECT_EQ(http_request(path_, "POST", "/y", "body").body, "POST /y body");
  EXPECT_EQ(http_request(path_, "GET", "/throw").status, 500);
  EXPECT_EQ(get("/throw"), "no luck\n");
}

TEST_F(Server, KeepsAConnectionForSeveralRequests) {
  const HttpServer server(path_, echo, kPatient);
  const RawClient client(path_);
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string replies = client.read_all();
  EXPECT_THAT(replies, HasSubstr("GET /1 "));
  EXPECT_THAT(replies, HasSubstr("GET /2 "));
}

TEST_F(Server, LetsOnlyTheOwnerIn) {
  const HttpServer server(path_, echo, kPatient);
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Server, RemovesItsSocket) {
  { const HttpServer server(path_, echo, kPatient); }
  EXPECT_THAT(folder_.names(), testing::IsEmpty());
}

TEST_F(Server, TakesThePlaceOfADeadOne) {
  std::optional<HttpServer> dead(std::in_place, path_, echo, kPatient);
  ASSERT_EQ(link(path_.c_str(), (folder_ / "kept").c_str()), 0);
  dead.reset();
  ASSERT_EQ(rename((folder_ / "kept").c_str(), path_.c_str()), 0);
  EXPECT_TRUE(is_stale(path_));
  EXPECT_EQ(error_of([&] { get("/"); }), "asking " + path_ + ": Connection refused");
  const HttpServer server(path_, echo, kPatient);
  EXPECT_FALSE(is_stale(path_));
  EXPECT_EQ(get("/x"), "GET /x ");
}

TEST_F(Server, SaysWhereItCannotBe) {
  EXPECT_EQ(error_of([&] { HttpServer(folder_ / "no" + "/s", echo); }),
            "cannot make the socket " + (folder_ / "no") + "/s: bind: No such file or directory");
  const std::string longest = folder_ / std::string(150, 'x');
  EXPECT_THAT(error_of([&] { HttpServer(longest, echo); }),
              StartsWith("cannot make the socket " + longest));
}

TEST_F(Server, RefusesGarbage) {
  const HttpServer server(path_, echo, kPatient);
  for (const std::string& garbage :
       {std::string("\0\xff\x16\x03\x01 nonsense\r\n\r\n", 18), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")}) {
    const RawClient client(path_);
    client.send(garbage);
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400 "));
  }
  EXPECT_EQ(get("/x"), "GET /x ");
}

TEST_F(Server, RefusesWhatIsTooLarge) {
  const HttpServer server(path_, echo, kPatient);
  const RawClient head(path_), body(path_);
  head.send("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x'));
  EXPECT_THAT(head.read_all(), StartsWith("HTTP/1.1 413 "));
  body.send("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_THAT(body.read_all(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(Server, GivesUpOnHalfARequest) {
  const HttpServer server(path_, echo, kImpatient);
  for (const char* half :
       {"", "G", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"}) {
    const RawClient client(path_);
    client.send(half);
    EXPECT_EQ(client.read_all(), "");
  }
}

TEST_F(Server, GivesUpOnAClientThatNeverReads) {
  const HttpServer server(path_, echo, kImpatient);
  const RawClient client(path_);
  client.send("GET /large HTTP/1.1\r\n\r\n");
  // What fits into the socket's buffer is there; the rest was given up, which ends the connection.
  while (client.send("x")) {
  }
  EXPECT_LT(client.read_all().size(), std::size_t{8} << 20);
}

TEST_F(Server, ServesOthersBesideAClientThatNeverReads) {
  const HttpServer server(path_, echo, kPatient);
  const RawClient client(path_);
  client.send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(get("/x"), "GET /x ");
}

TEST_F(Server, ClosesTheOldestOfTooManyConnections) {
  const HttpServer server(path_, echo, kPatient);
  std::vector<RawClient> idle;
  for (int i = 0; i < 100; ++i) {
    idle.emplace_back(path_);
    idle.back().send("GET /");
  }
  EXPECT_EQ(get("/x"), "GET /x ");
  EXPECT_EQ(idle.front().read_all(), "");
  // The last ones are still served.
  idle.back().send("z HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(idle.back().read_all(), HasSubstr("GET /z "));
}

TEST_F(Server, IsAskedAgainWhileItsQueueIsFull) {
  const int listener = listen_at_path(path_);
  ASSERT_EQ(listen(listener, 0), 0);  // room for one
  const RawClient first(path_);
  EXPECT_EQ(error_of([&] { http_request(path_, "GET", "/", "", milliseconds(20)); }),
            "asking " + path_ + ": no answer in time");
  close(listener);
}

TEST_F(Server, MakesClientsWaitAfterACostlyAnswer) {
  HttpLimits limits = kPatient;
  limits.rest = 1e9;  // years, after any answer
  const HttpServer server(path_, echo, limits);
  EXPECT_EQ(get("/x"), "GET /x ");
  EXPECT_EQ(error_of([&] { http_request(path_, "GET", "/", "", milliseconds(20)); }),
            "asking " + path_ + ": no answer in time");
}

TEST_F(Server, EndsWithClientsConnected) {
  std::optional<HttpServer> server(std::in_place, path_, echo, kPatient);
  const RawClient idle(path_), half(path_), deaf(path_);
  half.send("GET");
  deaf.send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(get("/x"), "GET /x ");
  server.reset();
  EXPECT_EQ(idle.read_all(), "");
}

TEST_F(Server, RepeatsATaskThatThrows) {
  std::latch thrice{3};
  HttpServer server(path_, echo, kPatient);
  std::atomic<int> left{3};
  server.every(milliseconds(1), [&] {
    if (left-- > 0) thrice.count_down();
    throw std::runtime_error("again");
  });
  thrice.wait();
  EXPECT_EQ(get("/x"), "GET /x ");
}

TEST_F(Server, MovesToAnotherSocket) {
  const std::string moved = folder_ / "moved.sock";
  std::latch done{1};
  HttpServer server(path_, echo, kPatient);
  server.every(std::chrono::hours(1), [&] {
    server.open(moved);
    done.count_down();
  });
  done.wait();
  EXPECT_TRUE(is_stale(path_));
  EXPECT_EQ(http_request(moved, "GET", "/x").body, "GET /x ");
}

TEST_F(Server, IsGivenUpWhenItDoesNotAnswer) {
  std::latch release{1};
  std::optional<HttpServer> server(std::in_place, path_, [&](const HttpRequest&) {
    release.wait();
    return HttpResponse{};
  });
  EXPECT_EQ(error_of([&] { http_request(path_, "GET", "/", "", milliseconds(20)); }),
            "asking " + path_ + ": no answer in time");
  EXPECT_FALSE(is_stale(path_));
  release.count_down();
}

}  // namespace
}  // namespace forebay::detail
