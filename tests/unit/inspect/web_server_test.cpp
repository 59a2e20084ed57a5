// The web page's server as clients meet it, at a real port.

#include <forebay/graph/inspect/web_server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <latch>

#include <nlohmann/json.hpp>

#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "raw_client.hpp"
#include "snapshots.hpp"

namespace forebay::detail {
namespace {

using test::error_of;
using test::RawClient;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kToken = "0123456789abcdef";

class WebServerTest : public testing::Test {
 protected:
  WebServerTest() {
    std::ofstream(token_file_) << kToken << "\n";
    registry_.enter({"g", [] { return test::graph_of("g", {test::node_of("read")}); },
                     [this](std::string_view path, std::string_view value) {
                       set_.assign(path).append("=").append(value);
                     }});
  }

  std::string ask(const WebServer& server, const std::string& first_line,
                  const std::string& headers = "", const std::string& body = "") {
    const std::string url = server.url();
    const std::string host = url.substr(7, url.size() - 8);
    const RawClient client(static_cast<std::uint16_t>(std::stoi(host.substr(host.rfind(':') + 1))));
    client.send(first_line + " HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_all();
  }
  std::string set_something(const WebServer& server, const std::string& headers) {
    return ask(server, "POST /set", headers, R"({"path": "read.concurrency", "value": "2"})");
  }

  test::TemporaryFolder folder_;
  const std::string token_file_ = folder_ / "token";
  Registry registry_;
  std::string set_;
};

TEST_F(WebServerTest, GivesThePageAndWhatItIsMadeOf) {
  WebServer server(registry_, {"0"});
  EXPECT_THAT(server.url(), StartsWith("http://127.0.0.1:"));
  const std::string page = ask(server, "GET /");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
  EXPECT_THAT(page, HasSubstr("<script src=\"dashboard.js\""));
  EXPECT_THAT(ask(server, "GET /dashboard.js"), HasSubstr("Content-Type: text/javascript"));
  EXPECT_THAT(ask(server, "GET /dashboard.css"), HasSubstr("Content-Type: text/css"));
  EXPECT_THAT(ask(server, "GET /graph.css"), HasSubstr(".graph"));
}

TEST_F(WebServerTest, ThePageHasNoAddressOfAnotherSite) {
  WebServer server(registry_, {"0"});
  for (const char* path : {"/", "/dashboard.css", "/graph.css", "/dashboard.js", "/cards.js", "/charts.js",
                           "/nodes.js"}) {
    std::string text = ask(server, std::string("GET ") + path);
    for (std::size_t at; (at = text.find("http://www.w3.org/")) != text.npos;) text.erase(at, 18);
    EXPECT_THAT(text, Not(HasSubstr("://"))) << path;
  }
}

TEST_F(WebServerTest, AnswersWhatTheSocketAnswers) {
  WebServer server(registry_, {"0"});
  EXPECT_THAT(ask(server, "GET /snapshot.json"), HasSubstr("\"name\":\"read\""));
  EXPECT_THAT(ask(server, "GET /graph.svg"), HasSubstr("<svg"));
  EXPECT_THAT(ask(server, "GET /graph.dot"), HasSubstr("digraph"));
  EXPECT_THAT(ask(server, "GET /metrics"), HasSubstr("forebay_graph_running{graph=\"g\"} 1"));
  EXPECT_THAT(ask(server, "GET /nothing"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(WebServerTest, GivesTheHistory) {
  WebServer server(registry_, {"0"});
  std::string history;  // there when the first step is
  while (history.find("\"steps\"") == history.npos) history = ask(server, "GET /history.json");
  EXPECT_THAT(history, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(ask(server, "GET /history.json?graph=h"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask(server, "GET /history.json?after=x"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(WebServerTest, WithoutATokenChangesNothing) {
  WebServer server(registry_, {"0"});
  EXPECT_THAT(set_something(server, ""), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(set_, "");
}

TEST_F(WebServerTest, WithATokenTellsAndChangesForWhoHasIt) {
  WebServer server(registry_, {"0", token_file_});
  EXPECT_THAT(ask(server, "GET /"), StartsWith("HTTP/1.1 200 "));
  const std::string refused = ask(server, "GET /metrics");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(set_something(server, "Authorization: Bearer no\r\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_EQ(set_, "");
  const std::string with = "Authorization: Bearer " + kToken + "\r\n";
  EXPECT_THAT(ask(server, "GET /metrics", with), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(set_something(server, with), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(set_, "read.concurrency=2");
}

TEST_F(WebServerTest, RefusesPagesOfOtherSites) {
  WebServer server(registry_, {"0"});
  EXPECT_THAT(ask(server, "GET /snapshot.json", "Origin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403 "));
  // The header twice is the one with both values.
  EXPECT_THAT(ask(server, "GET /snapshot.json", "Host: evil.example\r\n"),
              StartsWith("HTTP/1.1 403 "));
}

TEST_F(WebServerTest, SaysWhyItCannotBegin) {
  const WebServer first(registry_, {"0"});
  const std::string taken = first.url().substr(7, first.url().size() - 8);
  EXPECT_THAT(error_of([&] { WebServer(registry_, {taken}); }),
              HasSubstr("Address already in use"));
  EXPECT_EQ(error_of([&] { WebServer(registry_, {"0.0.0.0:0"}); }),
            "other machines can reach 0.0.0.0:0, so it needs a token");
  const std::string none = folder_ / "none";
  EXPECT_EQ(error_of([&] {
              WebServer(registry_, {"0", none});
            }),
            "there is no token in " + none + "; make one: openssl rand -hex 16 > " + none);
  std::ofstream(folder_ / "long") << std::string(5000, 'x');
  EXPECT_THAT(error_of([&] {
                WebServer(registry_, {"0", folder_ / "long"});
              }),
              HasSubstr("it is longer than 1024 characters"));
}

}  // namespace
}  // namespace forebay::detail
