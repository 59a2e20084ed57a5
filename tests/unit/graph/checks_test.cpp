// The errors of a graph that cannot run, word for word.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;

const auto kSame = [](int i) { return i; };
const auto kEat = [](int) {};

TEST(Check, RefusesAGraphWithoutNodes) {
  Graph graph("g");
  EXPECT_EQ(error_of([&] { graph.run(); }), "graph 'g' has no nodes");
}

TEST(Check, RefusesAnInputThatNothingFeeds) {
  Graph graph("g");
  graph.sink("eat", kEat);
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "eat has an input that nothing feeds; connect it with >>");
}

TEST(Check, RefusesAnOutputThatLeadsNowhere) {
  Graph graph("g");
  graph.source("count", count_to(3));
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "count has an output that leads nowhere; connect it with >>");
}

TEST(Check, RefusesToConnectAnOutputTwice) {
  Graph graph("g");
  auto source = graph.source("count", count_to(3));
  source >> graph.sink("eat", kEat);
  auto other = graph.sink("other", kEat);
  EXPECT_EQ(error_of([&] { source >> other; }),
            "cannot connect count to other: count feeds eat already; put a broadcast in between to "
            "feed both");
}

TEST(Check, RefusesToConnectAnInputTwice) {
  Graph graph("g");
  auto sink = graph.sink("eat", kEat);
  graph.source("count", count_to(3)) >> sink;
  auto other = graph.source("other", count_to(3));
  EXPECT_EQ(error_of([&] { other >> sink; }),
            "cannot connect other to eat: count feeds it already; join the two first");
}

TEST(Check, RefusesTwoNodesOfOneName) {
  Graph graph("g");
  graph.transform("t", kSame);
  EXPECT_EQ(error_of([&] { graph.transform("t", kSame); }), "graph 'g' has two nodes named 't'");
}

TEST(Check, RefusesACycleWithoutFirstItems) {
  Graph graph("g");
  auto join = graph.join<int, int>("join");
  auto fork = graph.broadcast<int>("fork", {}, 2);
  graph.source("count", count_to(3)) >> join.first;
  join.output >> graph.transform("add", [](std::tuple<int, int> t) { return std::get<0>(t); }) >>
      fork.input;
  fork[0] >> graph.sink("eat", kEat);
  fork[1] >> join.second;
  EXPECT_EQ(
      error_of([&] { graph.run(); }),
      "the cycle join -> add -> fork -> join has no first items and can never start; close it "
      "with Graph::feedback");
}

TEST(Check, RefusesACycleThatNothingEnters) {
  Graph graph("g");
  auto a = graph.transform("a", kSame);
  auto b = graph.transform("b", kSame);
  a >> b;
  graph.feedback(b.output, a.input, {1});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "a takes only what comes back to it, so it could never end; let the cycle begin at a "
            "join with the stream that enters it");
}

TEST(Check, RefusesFeedbackWithoutOrWithTooManyFirstItems) {
  Graph graph("g");
  auto a = graph.transform("a", {.queue = 2}, kSame);
  auto b = graph.transform("b", kSame);
  EXPECT_EQ(error_of([&] { graph.feedback(b.output, a.input, {}); }),
            "a feedback edge without first items can never start");
  EXPECT_EQ(error_of([&] {
              graph.feedback(b.output, a.input, {1, 2, 3});
            }),
            "the feedback edge from b to a has 3 first items but 2 places; raise a.queue");
}

TEST(Check, RefusesACycleThatBeginsOrEndsAtAJoinByKey) {
  Graph graph("g");
  const auto key = [](const int&) { return std::uint64_t{0}; };
  auto join = graph.join<int, int>("join", {}, key, key);
  auto back = graph.transform("back", [](std::tuple<int, int>) { return 0; });
  graph.source("count", count_to(3)) >> join.first;
  join.output >> back;
  graph.feedback(back.output, join.second, {0});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "join joins by key, so what comes back to it has no order; let the cycle begin at a "
            "join without keys");
  auto a = graph.transform("a", [](std::tuple<int, int>) { return 0; });
  EXPECT_EQ(error_of([&] {
              graph.feedback(join.output, a.input, {{0, 0}});
            }),
            "the feedback edge from join to a comes from a join by key, which sends in the order "
            "of its matches; put a reorder in between");
}

TEST(Check, RefusesConcurrencyInTheNodeThatClosesACycle) {
  Graph graph("g");
  auto a = graph.transform("a", kSame);
  auto b = graph.transform("b", {.concurrency = 2}, kSame);
  EXPECT_EQ(error_of([&] { graph.feedback(b.output, a.input, {1}); }),
            "b.concurrency is 2; the feedback edge from b to a sends one item at a time; give 1");
  graph.set("b.concurrency", "1");
  graph.feedback(b.output, a.input, {1, 2});
  EXPECT_EQ(error_of([&] { graph.set("b.order", "any"); }),
            "b.order is fixed when the node is made");
  EXPECT_EQ(error_of([&] { graph.set("a.queue", "1"); }),
            "a.queue is 1; the cycle from b begins with 2 items");
}

TEST(Check, RefusesConcurrencyInASerialNode) {
  Graph graph("g");
  EXPECT_EQ(error_of([&] { graph.batch<int>("b", {.concurrency = 2}, 3); }),
            "b.concurrency is 2; this kind of node works on one item at a time; give 1");
  graph.batch<int>("c", {}, 3);
  EXPECT_EQ(error_of([&] { graph.set("c.concurrency", "3"); }),
            "c.concurrency is 3; this kind of node works on one item at a time; give 1");
}

TEST(Check, RefusesConcurrencyInAReorder) {
  Graph graph("g");
  EXPECT_EQ(error_of([&] { graph.reorder<int>("r", {.concurrency = 2}); }),
            "r.concurrency is 2; a reorder sends one item at a time; give 1");
  graph.reorder<int>("s");
  EXPECT_EQ(error_of([&] { graph.set("s.order", "any"); }),
            "s.order is fixed when the node is made");
}

TEST(Check, RefusesToChangeWhatABodyReliesOn) {
  Graph graph("g");
  graph.transform("t", {.order = Order::kInOrder, .fixed = true}, kSame);
  EXPECT_EQ(error_of([&] { graph.set("t.concurrency", "2"); }),
            "t.concurrency is fixed when the node is made");
  EXPECT_EQ(error_of([&] { graph.set("t.order", "any"); }),
            "t.order is fixed when the node is made");
  graph.set("t.queue", "9");
  EXPECT_EQ(graph.settings("t").queue, 9u);
}

TEST(Check, RefusesAQueueTooSmallForWhatIsSentAtOnce) {
  Graph graph("g");
  auto emit = graph.expand<int>("e", {}, 4, [](int i, Emitter<int>& send) { send(i); });
  graph.source("count", count_to(3)) >> emit >> graph.sink("eat", {.queue = 3}, kEat);
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "eat.queue is 3; e sends 4 items at once; give that or more");
  graph.set("eat.queue", "4");
  graph.run();
  EXPECT_EQ(error_of([&] { graph.set("eat.queue", "2"); }),
            "eat.queue is 2; e sends 4 items at once");
}

TEST(Check, AsksNoQueueOfAHelper) {
  Graph graph("g");
  auto emit = graph.expand<int>("e", {}, 32, [](int i, Emitter<int>& send) { send(i); });
  auto node = graph.transform("main", {.queue = 32}, [](int i) { return i; });
  graph.helper("more", node, {}, [](int i) { return i; });
  graph.source("count", count_to(3)) >> emit >> node >> graph.sink("eat", kEat);
  graph.run();
  graph.set("more.concurrency", "3");
  EXPECT_EQ(graph.settings("more").concurrency, 3u);
}

TEST(Check, RefusesNumbersOfNothing) {
  Graph graph("g");
  EXPECT_EQ(error_of([&] { graph.batch<int>("b", {}, 0); }),
            "b has 0 items per batch; give 1 or more");
  EXPECT_EQ(error_of([&] { graph.broadcast<int>("f", {}, 0); }),
            "f has 0 branches; give 1 or more");
  EXPECT_EQ(error_of([&] { graph.gather<int>("g", {}, 0); }), "g has 0 inputs; give 1 or more");
  EXPECT_EQ(error_of([&] { graph.expand<int>("e", {}, 0, [](int, Emitter<int>&) {}); }),
            "e has 0 outputs per item; give 1 or more");
}

TEST(Check, RefusesToRunTwice) {
  Graph graph("g");
  graph.source("count", count_to(3)) >> graph.sink("eat", kEat);
  graph.run();
  EXPECT_EQ(error_of([&] { graph.run(); }), "graph 'g' has run already; build it anew");
}

TEST(Set, NamesWhatItDoesNotKnow) {
  Graph graph("g");
  graph.transform("t", kSame);
  EXPECT_EQ(error_of([&] { graph.set("u.queue", "1"); }), "graph 'g' has no node 'u'; it has t");
  EXPECT_EQ(error_of([&] { graph.set("queue", "1"); }),
            "'queue' is not a setting; give node.setting, as in decode.concurrency");
  EXPECT_EQ(error_of([&] { graph.set("t.depth", "1"); }),
            "t has no setting 'depth'; it has concurrency, queue, queue_bytes, on_error, "
            "skip_limit, order, run_on");
  EXPECT_EQ(error_of([&] { graph.set("t.run_on", "own_threads"); }),
            "t.run_on is fixed when the node is made");
  EXPECT_EQ(error_of([&] { graph.snapshot().node("u"); }), "graph 'g' has no node 'u'");
}

}  // namespace
}  // namespace forebay
