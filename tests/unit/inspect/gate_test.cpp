#include <forebay/graph/inspect/gate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <support/error_of.hpp>

namespace forebay::detail {
namespace {

using test::error_of;
using Headers = std::map<std::string, std::string>;

const std::string kToken = "0123456789abcdef";

// The status of the refusal, 0 where there is none.
int refusal_of(const Gate& gate, const std::string& method, Headers headers,
               bool is_secret = true) {
  headers.emplace("host", "localhost:8080");
  const auto refused = gate.refuse({method, "/x", {}, "", std::move(headers)}, is_secret);
  return refused ? refused->status : 0;
}

TEST(Gate, WithoutATokenAnswersThisMachinesNamesAlone) {
  const Gate gate("");
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "127.8.9.1:1",
                           "[::1]", "[::1]:8080"}) {
    EXPECT_EQ(refusal_of(gate, "GET", {{"host", host}}), 0) << host;
  }
  // A site may let its own name mean this machine, and then its pages ask here.
  for (const char* host : {"", "evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "localhost.evil.example:8080", "128.0.0.1", "[::2]:1", "0.0.0.0:8080"}) {
    EXPECT_EQ(refusal_of(gate, "GET", {{"host", host}}), 403) << host;
  }
}

TEST(Gate, WithoutATokenNothingCanBeChanged) {
  EXPECT_EQ(refusal_of(Gate(""), "POST", {}), 403);
  EXPECT_EQ(refusal_of(Gate(""), "POST", {{"authorization", "Bearer "}}), 403);
}

TEST(Gate, WithATokenEverythingSecretTakesIt) {
  const Gate gate(kToken);
  for (const char* method : {"GET", "POST"}) {
    EXPECT_EQ(refusal_of(gate, method, {}), 401);
    EXPECT_EQ(refusal_of(gate, method, {{"authorization", "Bearer x"}}), 401);
    EXPECT_EQ(refusal_of(gate, method, {{"authorization", "Bearer " + kToken + "x"}}), 401);
    EXPECT_EQ(refusal_of(gate, method, {{"authorization", kToken}}), 401);
    EXPECT_EQ(refusal_of(gate, method, {{"authorization", "Bearer " + kToken}}), 0);
  }
  EXPECT_EQ(refusal_of(gate, "GET", {{"host", "trainer.example"}}, /*is_secret=*/false), 0);
}

TEST(Gate, PagesOfOtherSitesAreRefused) {
  for (const Gate& gate : {Gate(""), Gate(kToken)}) {
    const auto with = [&](Headers headers) {
      headers.emplace("authorization", "Bearer " + kToken);
      return refusal_of(gate, "GET", std::move(headers));
    };
    EXPECT_EQ(with({{"origin", "http://localhost:8080"}}), 0);
    EXPECT_EQ(with({{"origin", "http://evil.example"}}), 403);
    EXPECT_EQ(with({{"origin", "http://localhost:8081"}}), 403);
    EXPECT_EQ(with({{"origin", "null"}}), 403);
    EXPECT_EQ(with({{"sec-fetch-site", "same-origin"}}), 0);
    EXPECT_EQ(with({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "no-cors"}}), 403);
    EXPECT_EQ(with({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}}), 0);
  }
}

TEST(Gate, RefusesATokenThatCouldBeGuessed) {
  EXPECT_EQ(error_of([] { Gate("secret"); }), "the token has 6 characters; give 16 or more");
  EXPECT_EQ(error_of([] { Gate(std::string(16, ' ')); }),
            "the token has characters other than letters, digits and punctuation");
}

TEST(Gate, ComparesSecretsByValue) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("abc", "abc"));
  for (const char* other : {"", "ab", "abd", "abca", "abcabc"}) {
    EXPECT_FALSE(same_secret("abc", other)) << other;
    EXPECT_FALSE(same_secret(other, "abc")) << other;
  }
}

}  // namespace
}  // namespace forebay::detail
