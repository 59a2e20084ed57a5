#include <forebay/graph/inspect/listen.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <forebay/graph/inspect/serve_web.hpp>
#include <support/error_of.hpp>

#include "raw_client.hpp"

namespace forebay::detail {
namespace {

using test::error_of;
using testing::StartsWith;

TEST(Listen, AtAFreePortTellsWhich) {
  const TcpListener listener = listen_at_port("localhost", 0, Reach::kThisMachine);
  EXPECT_EQ(listener.host, "127.0.0.1");
  EXPECT_NE(listener.port, 0);
  EXPECT_NO_THROW(test::RawClient{listener.port});
  close(listener.descriptor);
}

TEST(Listen, SaysThatAPortIsTaken) {
  const TcpListener first = listen_at_port("127.0.0.1", 0, Reach::kThisMachine);
  EXPECT_EQ(error_of([&] { listen_at_port("127.0.0.1", first.port, Reach::kThisMachine); }),
            "cannot listen at 127.0.0.1:" + std::to_string(first.port) +
                ": bind: Address already in use; give another port, or 0 for any that is free");
  close(first.descriptor);
}

TEST(Listen, ForThisMachineAloneTakesNoOtherAddress) {
  EXPECT_EQ(error_of([] { listen_at_port("0.0.0.0", 8080, Reach::kThisMachine); }),
            "other machines can reach 0.0.0.0:8080, so it needs a token");
  EXPECT_EQ(error_of([] { listen_at_port("::", 0, Reach::kThisMachine); }),
            "other machines can reach [::]:0, so it needs a token");
  const TcpListener open = listen_at_port("0.0.0.0", 0, Reach::kAnyMachine);
  EXPECT_EQ(open.host, "0.0.0.0");
  close(open.descriptor);
}

TEST(Listen, SaysThatAHostIsNoneOfThisMachine) {
  // An address for documentation, which no machine has.
  EXPECT_THAT(error_of([] { listen_at_port("192.0.2.1", 1, Reach::kAnyMachine); }),
              StartsWith("cannot listen at 192.0.2.1:1: bind: Cannot assign requested address"));
  EXPECT_THAT(error_of([] { listen_at_port("no host", 1, Reach::kAnyMachine); }),
              StartsWith("there is no host 'no host': "));
}

TEST(WebAddress, HasAHostOrNone) {
  const auto text = [](const char* given) {
    const WebAddress address = read_web_address(given);
    return address.host + " " + std::to_string(address.port);
  };
  EXPECT_EQ(text("8080"), "127.0.0.1 8080");
  EXPECT_EQ(text("0"), "127.0.0.1 0");
  EXPECT_EQ(text("localhost:65535"), "localhost 65535");
  EXPECT_EQ(text("[::1]:80"), "::1 80");
}

TEST(WebAddress, RefusesWhatIsMalformed) {
  for (const char* given : {"", "x", ":8080", "host:", "host:x", "65536", "-1", "80 ", " 80",
                            "http://localhost:80", "[]:80", "[:80", "a]:80", "no host:80"}) {
    EXPECT_EQ(error_of([&] { read_web_address(given); }),
              std::string("'") + given + "' is not [HOST:]PORT; give e.g. 8080 or 0.0.0.0:8080");
  }
  EXPECT_EQ(error_of([] { read_web_address("::1:80"); }),
            "'::1:80' has an IPv6 host without brackets; give e.g. [::1]:8080");
}

}  // namespace
}  // namespace forebay::detail
