// What each kind of node sends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;
using testing::ElementsAre;

/// Runs `tail` into a list.
template <typename T>
std::vector<T> collect_all(Graph& graph, const Output<T>& tail) {
  std::vector<T> seen;
  tail >> graph.sink("collect", {.order = Order::kInOrder},
                     [&](T item) { seen.push_back(std::move(item)); });
  graph.run();
  return seen;
}

TEST(Transform, SendsWhatItsBodyGives) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(4)) >>
              graph.transform("t", [](int i) { return std::to_string(i * i); });
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre("0", "1", "4", "9"));
}

TEST(Transform, TakesItemsThatCanOnlyBeMoved) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(3)) >>
              graph.transform("box", [](int i) { return std::make_unique<int>(i); }) >>
              graph.transform("open", [](std::unique_ptr<int> p) { return *p; });
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre(0, 1, 2));
}

int half(int i) { return i / 2; }

TEST(Transform, TakesPlainFunctionsAndReferences) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(5)) >> graph.transform("half", &half) >>
              graph.transform("ref", [](const int& i) { return i + 1; });
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre(1, 1, 2, 2, 3));
}

TEST(Filter, PassesOnWhatItsBodyAccepts) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(9)) >> graph.filter("f", [](int i) { return i % 3 == 0; });
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre(0, 3, 6));
}

TEST(Filter, MayDropEverything) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(100)) >> graph.filter("f", [](int) { return false; }) >>
              graph.batch<int>("b", {}, 3);
  EXPECT_TRUE(collect_all(graph, tail.output).empty());
}

TEST(Source, MayBeEmpty) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(0)) >> graph.batch<int>("b", {}, 3);
  EXPECT_TRUE(collect_all(graph, tail.output).empty());
}

TEST(Batch, CollectsInOrderWhateverTheConcurrencyBefore) {
  Graph graph("g", {.threads = 4});
  auto tail = graph.source("s", count_to(1000)) >>
              graph.transform("t", {.concurrency = 8}, [](int i) { return i; }) >>
              graph.filter("f", {.concurrency = 3}, [](int i) { return i % 2 == 0; }) >>
              graph.batch<int>("b", {}, 7);
  const auto batches = collect_all(graph, tail.output);
  ASSERT_EQ(batches.size(), 72u);
  int next = 0;
  for (const auto& batch : batches) {
    EXPECT_LE(batch.size(), 7u);
    for (int i : batch) EXPECT_EQ(i, 2 * next++);
  }
}

TEST(Batch, KeepsOrDropsAnIncompleteLastOne) {
  for (const LastBatch last : {LastBatch::kKeep, LastBatch::kDrop}) {
    Graph graph("g");
    auto tail = graph.source("s", count_to(5)) >> graph.batch<int>("b", {}, 2, last);
    const auto batches = collect_all(graph, tail.output);
    EXPECT_EQ(batches.size(), last == LastBatch::kKeep ? 3u : 2u);
  }
}

// Cuts a stream of words into lines of at most 8 letters.
struct Lines {
  std::string line;
  std::optional<std::string> add(std::string word) {
    if (line.size() + word.size() <= 8) {
      line += word;
      return std::nullopt;
    }
    return std::exchange(line, word);
  }
  std::optional<std::string> finish() { return std::exchange(line, {}); }
};

TEST(Collect, RunsACollectorOfOnesOwnAndFinishesIt) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(5)) >>
              graph.transform("word", [](int i) { return std::string(std::size_t(i), 'a'); }) >>
              graph.collect<std::string>("lines", {}, Lines{});
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre("aaaaaa", "aaaa"));
}

TEST(Expand, SendsEveryElementOfARangeThroughASmallerQueue) {
  Graph graph("g");
  auto tail = graph.source("s", count_to(4)) >> graph.expand("e", {}, [](int i) {
    return std::vector<int>(std::size_t(10 * i), i);
  }) >> graph.transform("t", {.queue = 2}, [](int i) { return i; });
  const auto seen = collect_all(graph, tail.output);
  std::map<int, int> counts;
  for (int i : seen) ++counts[i];
  EXPECT_EQ(counts, (std::map<int, int>{{1, 10}, {2, 20}, {3, 30}}));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Expand, SendsFromInsideTheBodyWhileItRuns) {
  Graph graph("g", {.threads = 2});
  std::atomic<int> arrived{0};
  auto list = graph.source("s", count_to(3));
  auto emit =
      graph.expand<int>("e", {.run_on = RunOn::kOwnThreads}, 2, [&](int i, Emitter<int>& send) {
        send(10 * i);
        while (arrived < 2 * i + 1) std::this_thread::yield();
        send(10 * i + 1);
      });
  auto count = graph.transform("count", [&](int i) {
    ++arrived;
    return i;
  });
  auto tail = list >> emit >> count;
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre(0, 1, 10, 11, 20, 21));
}

TEST(Expand, FailsABodyThatSendsMoreThanItDeclared) {
  Graph graph("g");
  auto emit = graph.expand<int>("e", {}, 2, [&](int i, Emitter<int>& send) {
    for (int k = 0; k <= 2; ++k) send(i);
  });
  auto tail = graph.source("s", count_to(3)) >> emit;
  EXPECT_EQ(error_of([&] { collect_all(graph, tail.output); }),
            "e: item 0: the body sends more than the 2 items it declared; declare as many as it "
            "sends");
}

TEST(Broadcast, GivesEveryBranchEveryItem) {
  Graph graph("g");
  auto fork = graph.broadcast<int>("fork", {}, 3);
  graph.source("s", count_to(50)) >> fork.input;
  std::array<std::vector<int>, 3> seen;
  for (std::size_t i = 0; i < 3; ++i) {
    fork[i] >> graph.sink(std::to_string(i), {}, [&seen, i](int v) { seen[i].push_back(v); });
  }
  graph.run();
  for (const auto& branch : seen) {
    ASSERT_EQ(branch.size(), 50u);
    EXPECT_TRUE(std::is_sorted(branch.begin(), branch.end()));
  }
}

TEST(Join, PairsItemsAtTheSamePlace) {
  Graph graph("g");
  auto join = graph.join<int, std::string>("join");
  graph.source("a", count_to(3)) >> join.first;
  graph.source("b", count_to(3)) >>
      graph.transform("text", [](int i) { return std::to_string(i); }) >> join.second;
  EXPECT_THAT(collect_all(graph, join.output),
              ElementsAre(std::tuple(0, "0"), std::tuple(1, "1"), std::tuple(2, "2")));
}

TEST(Join, DropsThePartnerOfADroppedItem) {
  Graph graph("g");
  auto join = graph.join<int, int>("join");
  graph.source("a", count_to(6)) >> graph.filter("even", [](int i) { return i % 2 == 0; }) >>
      join.first;
  graph.source("b", count_to(6)) >> graph.filter("not4", [](int i) { return i != 4; }) >>
      join.second;
  EXPECT_THAT(collect_all(graph, join.output), ElementsAre(std::tuple(0, 0), std::tuple(2, 2)));
}

TEST(Join, IsNotDisturbedByDroppedItemsAfterTheEndOfTheOtherStream) {
  Graph graph("g");
  auto join = graph.join<int, int>("join");
  graph.source("a", count_to(3)) >> join.first;
  graph.source("b", count_to(40)) >> graph.filter("few", [](int i) { return i < 3; }) >>
      join.second;
  EXPECT_EQ(collect_all(graph, join.output).size(), 3u);
}

TEST(Join, NamesTheItemWithoutPartner) {
  Graph graph("g");
  auto join = graph.join<int, int>("join");
  graph.source("a", count_to(3)) >> join.first;
  graph.source("b", count_to(5)) >> join.second;
  EXPECT_EQ(error_of([&] { collect_all(graph, join.output); }),
            "join: item 3 from b has no partner: the stream from a has ended after 3 items");
}

TEST(JoinByKey, FindsPartnersWithinTheQueuesWindows) {
  Graph graph("g", {.threads = 3});
  const auto itself = [](const int& i) { return std::uint64_t(i); };
  auto join = graph.join<int, int>("join", {.queue = 8}, itself, itself);
  graph.source("a", count_to(64)) >> join.first;
  graph.source("b", count_to(64)) >> graph.transform("swap", [](int i) { return i ^ 7; }) >>
      join.second;
  const auto pairs = collect_all(graph, join.output);
  ASSERT_EQ(pairs.size(), 64u);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(pairs[i], std::tuple(int(i), int(i)));
}

TEST(JoinByKey, NamesTheItemWithoutPartner) {
  Graph graph("g");
  auto join = graph.join<int, int>(
      "join", {}, [](const int& i) { return std::uint64_t(i); },
      [](const int& i) { return std::uint64_t(i == 2 ? 77 : i); });
  graph.source("a", count_to(3)) >> join.first;
  graph.source("b", count_to(3)) >> join.second;
  const std::string error = error_of([&] { collect_all(graph, join.output); });
  EXPECT_THAT(error, testing::MatchesRegex("join: item 2 from (a|b) has no partner: the stream "
                                           "from (a|b) has ended after 3 items"));
}

TEST(JoinByKey, EndsTheRunWhenAKeyFunctionThrows) {
  Graph graph("g");
  auto join = graph.join<int, int>(
      "join", {},
      [](const int& i) -> std::uint64_t {
        if (i == 2) throw std::runtime_error("no key");
        return std::uint64_t(i);
      },
      [](const int& i) { return std::uint64_t(i); });
  graph.source("a", count_to(5)) >> join.first;
  graph.source("b", count_to(5)) >> join.second;
  EXPECT_EQ(error_of([&] { collect_all(graph, join.output); }), "join: item 2: no key");
}

TEST(Gather, PutsTheItemsOfAllInputsIntoAVector) {
  Graph graph("g");
  auto gather = graph.gather<int>("gather", {}, 3);
  for (int k = 0; k < 3; ++k) {
    graph.source(std::to_string(k), count_to(2)) >>
        graph.transform(std::to_string(k) + "+", [k](int i) { return 10 * k + i; }) >>
        gather.inputs[std::size_t(k)];
  }
  EXPECT_THAT(collect_all(graph, gather.output),
              ElementsAre(ElementsAre(0, 10, 20), ElementsAre(1, 11, 21)));
}

TEST(Reorder, RestoresTheOrderOfTheStream) {
  Graph graph("g", {.threads = 4});
  std::vector<int> seen;
  graph.source("s", count_to(2000)) >> graph.transform("t", {.concurrency = 8},
                                                       [](int i) {
                                                         if (i % 3 == 0) std::this_thread::yield();
                                                         return i;
                                                       }) >>
      graph.reorder<int>("order") >> graph.sink("sink", [&](int i) { seen.push_back(i); });
  graph.run();
  ASSERT_EQ(seen.size(), 2000u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Stage, OfSeveralNodesConnectsLikeOne) {
  Graph graph("g");
  const auto shout = [&](const std::string& name) {
    return graph.transform(name + ".twice", [](int i) { return 2 * i; }) >>
           graph.transform(name + ".plus", [](int i) { return i + 1; });
  };
  auto tail = graph.source("s", count_to(3)) >> shout("a") >> shout("b");
  EXPECT_THAT(collect_all(graph, tail.output), ElementsAre(3, 7, 11));
}

TEST(Determinism, BatchesAreTheSameForAnyConcurrencyAndThreads) {
  const auto run = [](int threads, std::size_t concurrency) {
    Graph graph("g", {.threads = threads});
    auto tail =
        graph.source("s", count_to(500)) >>
        graph.transform("t", {.concurrency = concurrency, .queue = 5},
                        [](int i) {
                          if (i % 7 == 0) std::this_thread::yield();
                          return i * 3;
                        }) >>
        graph.filter("f", {.concurrency = concurrency}, [](int i) { return i % 4 != 1; }) >>
        graph.batch<int>("b", {}, 16) >>
        graph.transform("u", {.concurrency = concurrency}, [](std::vector<int> v) { return v; });
    return collect_all(graph, tail.output);
  };
  const auto wanted = run(1, 1);
  for (int threads : {1, 2, 3, 7}) {
    for (std::size_t concurrency : {1u, 2u, 5u}) EXPECT_EQ(run(threads, concurrency), wanted);
  }
}

}  // namespace
}  // namespace forebay
