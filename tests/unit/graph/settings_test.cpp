#include <forebay/graph/settings.hpp>

#include <gtest/gtest.h>

#include <string>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::error_of;

TEST(Settings, AreReadFromText) {
  NodeSettings settings;
  set_by_name("decode", settings, "concurrency", "12");
  set_by_name("decode", settings, "queue", "64");
  set_by_name("decode", settings, "queue_bytes", "3M");
  set_by_name("decode", settings, "skip_limit", "100");
  set_by_name("decode", settings, "on_error", "skip");
  set_by_name("decode", settings, "order", "in_order");
  set_by_name("decode", settings, "run_on", "own_threads");
  EXPECT_EQ(settings.concurrency, 12u);
  EXPECT_EQ(settings.queue, 64u);
  EXPECT_EQ(settings.queue_bytes, 3u << 20);
  EXPECT_EQ(settings.skip_limit, 100u);
  EXPECT_EQ(settings.on_error, OnError::kSkip);
  EXPECT_EQ(settings.order, Order::kInOrder);
  EXPECT_EQ(settings.run_on, RunOn::kOwnThreads);
}

TEST(Settings, NameWhatIsWrong) {
  NodeSettings settings;
  const auto error = [&](std::string_view name, std::string_view value) {
    return error_of([&] { set_by_name("decode", settings, name, value); });
  };
  const std::string number = "; give a whole number, with K, M or G for powers of 1024";
  EXPECT_EQ(error("concurrency", "0"), "decode.concurrency is 0; give 1 or more");
  EXPECT_EQ(error("concurrency", "1000000"), "decode.concurrency is 1000000; give 65536 or less");
  EXPECT_EQ(error("queue", "0"), "decode.queue is 0; give 1 or more");
  EXPECT_EQ(error("queue", "1G"), "decode.queue is 1073741824; give 16777216 or less");
  EXPECT_EQ(error("queue", ""), "decode.queue is ''" + number);
  EXPECT_EQ(error("queue", "-1"), "decode.queue is '-1'" + number);
  EXPECT_EQ(error("queue", "4x"), "decode.queue is '4x'" + number);
  EXPECT_EQ(error("queue_bytes", "99999999999999999999"),
            "decode.queue_bytes is '99999999999999999999'" + number);
  EXPECT_EQ(error("queue_bytes", "99999999999G"), "decode.queue_bytes is '99999999999G'" + number);
  EXPECT_EQ(error("on_error", "drop"), "decode.on_error is 'drop'; give stop or skip");
  EXPECT_EQ(error("order", ""), "decode.order is ''; give any or in_order");
  EXPECT_EQ(settings.queue, NodeSettings{}.queue);
}

}  // namespace
}  // namespace forebay
