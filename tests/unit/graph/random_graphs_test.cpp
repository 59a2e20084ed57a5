// Random graphs with random limits, speeds and threads, beside a model that is a plain loop.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

struct Token {
  std::uint64_t id = 0;
  friend bool operator==(const Token&, const Token&) = default;
  friend auto operator<=>(const Token&, const Token&) = default;
};

constexpr std::size_t kLargest = 40;
std::size_t byte_size(const Token& token) { return 1 + token.id * 7 % kLargest; }

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15u;
  return x ^ (x >> 29);
}

// Takes a time that depends on item and node, often none.
void dawdle(std::uint64_t id, std::uint64_t salt) {
  const std::uint64_t h = mix(id * 31 + salt);
  if (h % 16 == 0) std::this_thread::yield();
  if (h % 4 != 0) return;
  std::atomic<std::uint64_t> spun{0};
  while (spun.fetch_add(1, std::memory_order_relaxed) < h % 256) {
  }
}

/// A graph and what must come out of it, made by the same random choices.
class RandomGraph {
 public:
  RandomGraph(std::uint64_t seed, int threads)
      : random_(seed), graph_("random", {.threads = threads}) {
    const auto count = static_cast<int>(pick(120));
    for (int i = 0; i < count; ++i) expected_.push_back(std::optional(Token{std::uint64_t(i)}));
    NodeSettings settings = limits();
    settings.concurrency = 1;
    settings.run_on = pick(2) == 0 ? RunOn::kOwnThreads : RunOn::kPool;
    auto source =
        graph_.source(name("source"), settings, [i = 0, count]() mutable -> std::optional<Token> {
          return i < count ? std::optional(Token{std::uint64_t(i++)}) : std::nullopt;
        });
    tail_ = source.output;
    const std::size_t ops = pick(6);
    for (std::size_t i = 0; i < ops; ++i) add_op();
    add_sink();
  }

  Graph& graph() { return graph_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t pick(std::size_t below) { return random_() % below; }

  // `most_places`: what a queue's capacity ever was, where it has changed; 0 where it has not.
  void check(const GraphSnapshot& snapshot, std::size_t most_places) const {
    std::vector<Token> wanted;
    for (const auto& token : expected_) {
      if (token) wanted.push_back(*token);
    }
    std::vector<Token> got = seen_;
    if (!sink_in_order_) {
      std::sort(wanted.begin(), wanted.end());
      std::sort(got.begin(), got.end());
    }
    EXPECT_TRUE(got == wanted) << got.size() << " items, wanted " << wanted.size();
    for (const NodeSnapshot& node : snapshot.nodes) {
      EXPECT_TRUE(node.ended);
      EXPECT_EQ(node.active, 0u);
      for (const QueueSnapshot& queue : node.inputs) {
        EXPECT_LE(queue.depth, queue.first) << node.name;
        EXPECT_EQ(queue.bytes == 0, queue.depth == 0) << node.name;
        EXPECT_LE(queue.high_water, std::max(most_places, queue.capacity)) << node.name;
        if (queue.capacity_bytes == 0 || most_places != 0) continue;
        const std::size_t most =
            std::max(queue.capacity_bytes, queue.capacity_bytes / 2 + kLargest);
        EXPECT_LE(queue.high_water_bytes, most) << node.name;
      }
    }
  }

 private:
  std::string name(const char* kind) {
    names_.push_back(kind + std::to_string(names_.size()));
    return names_.back();
  }
  NodeSettings limits() {
    NodeSettings settings;
    settings.concurrency = 1 + pick(4);
    settings.queue = 1 + pick(8);
    if (pick(3) == 0) settings.queue_bytes = 1 + pick(120);
    if (pick(4) == 0) settings.order = Order::kInOrder;
    if (pick(8) == 0) settings.run_on = RunOn::kOwnThreads;
    return settings;
  }
  NodeSettings serial_limits() {
    NodeSettings settings = limits();
    settings.concurrency = 1;
    return settings;
  }

  // Now and then a node has helpers.
  template <typename Body>
  void help(const Stage<Token, Token>& node, const NodeSettings& settings, const Body& body) {
    for (std::size_t left = pick(4) / 2; left > 0; --left) {
      graph_.helper(name("helper"), node, settings, body);
    }
  }

  // Each of these appends to the branch that ends at `tail` and does the same to `model`.
  using Model = std::vector<std::optional<Token>>;
  void transform(Output<Token>& tail, Model& model) {
    const std::uint64_t salt = random_();
    const auto body = [salt](Token token) {
      dawdle(token.id, salt);
      return Token{mix(token.id + salt) >> 8};
    };
    auto node = graph_.transform(name("transform"), limits(), body);
    help(node, limits(), body);
    tail = (tail >> node).output;
    for (auto& token : model) {
      if (token) token = Token{mix(token->id + salt) >> 8};
    }
  }
  void filter(Output<Token>& tail, Model& model) {
    const std::uint64_t salt = random_(), keep = 1 + pick(9);
    const auto passes = [=](const Token& token) { return mix(token.id + salt) % 10 < keep; };
    auto node = graph_.filter(name("filter"), limits(), [=](const Token& token) {
      dawdle(token.id, salt);
      return passes(token);
    });
    tail = (tail >> node).output;
    for (auto& token : model) {
      if (token && !passes(*token)) token.reset();
    }
  }
  void throws(Output<Token>& tail, Model& model) {
    const std::uint64_t salt = random_();
    const auto bad = [=](const Token& token) { return mix(token.id + salt) % 5 == 0; };
    NodeSettings settings = limits();
    settings.on_error = OnError::kSkip;
    const auto body = [=](Token token) {
      if (bad(token)) throw std::runtime_error("bad");
      return token;
    };
    auto node = graph_.transform(name("throws"), settings, body);
    settings.concurrency = 1 + pick(4);
    help(node, settings, body);
    tail = (tail >> node).output;
    for (auto& token : model) {
      if (token && bad(*token)) token.reset();
    }
  }
  void one_to_one(Output<Token>& tail, Model& model) {
    switch (pick(4)) {
      case 0:
        return filter(tail, model);
      case 1:
        return throws(tail, model);
      default:
        return transform(tail, model);
    }
  }
  static void compact(Model& model) { std::erase(model, std::nullopt); }

  void batch_and_flatten() {
    const std::size_t size = 1 + pick(6);
    auto batch = graph_.batch<Token>(name("batch"), serial_limits(), size);
    auto flat = graph_.expand(name("flat"), serial_limits(),
                              [](std::vector<Token> tokens) { return tokens; });
    tail_ = (tail_ >> batch >> flat).output;
    compact(expected_);
  }
  void emit() {
    const std::size_t per_item = 1 + pick(4);
    const std::uint64_t salt = random_();
    const auto sends = [=](std::uint64_t id) { return mix(id + salt) % (per_item + 1); };
    NodeSettings settings = limits();
    auto node = graph_.expand<Token>(name("emit"), settings, per_item,
                                     [=](Token token, Emitter<Token>& emit) {
                                       for (std::size_t i = 0; i < sends(token.id); ++i) {
                                         dawdle(token.id, salt);
                                         emit(Token{token.id * 5 + i});
                                       }
                                     });
    // Its outputs need places at once.
    NodeSettings wide = limits();
    wide.queue = std::max(wide.queue, per_item);
    auto after = graph_.transform(name("after"), wide, [](Token token) { return token; });
    tail_ = (tail_ >> node >> after).output;
    Model model;
    for (const auto& token : expected_) {
      for (std::size_t i = 0; i < per_item; ++i) {
        model.push_back(token && i < sends(token->id) ? std::optional(Token{token->id * 5 + i})
                                                      : std::nullopt);
      }
    }
    expected_ = std::move(model);
  }
  void diamond() {
    auto fork = graph_.broadcast<Token>(name("fork"), limits(), 2);
    tail_ >> fork.input;
    Output<Token> left = fork[0], right = fork[1];
    Model model = expected_;
    const std::size_t lefts = pick(3), rights = pick(3);
    for (std::size_t i = 0; i < lefts; ++i) one_to_one(left, expected_);
    for (std::size_t i = 0; i < rights; ++i) one_to_one(right, model);
    auto join = graph_.join<Token, Token>(name("join"), limits());
    left >> join.first;
    right >> join.second;
    auto merge = graph_.transform(name("merge"), limits(), [](std::tuple<Token, Token> both) {
      return Token{mix(std::get<0>(both).id) ^ std::get<1>(both).id};
    });
    tail_ = (join.output >> merge).output;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      if (expected_[i] && model[i]) {
        expected_[i] = Token{mix(expected_[i]->id) ^ model[i]->id};
      } else {
        expected_[i].reset();
      }
    }
  }
  // A cycle that hands what came out of one item to a later one.
  void cycle() {
    std::vector<Token> tokens(1 + pick(4));
    for (Token& token : tokens) token.id = random_() >> 8;
    NodeSettings wide = limits();
    wide.queue = std::max(wide.queue, tokens.size());
    auto join = graph_.join<Token, Token>(name("enter"), wide);
    tail_ >> join.first;
    auto merge = graph_.transform(name("merge"), limits(), [](std::tuple<Token, Token> both) {
      const auto& [item, token] = both;
      dawdle(item.id, token.id);
      return Token{mix(item.id ^ token.id) >> 8};
    });
    auto fork = graph_.broadcast<Token>(name("back"), serial_limits(), 2);
    join.output >> merge >> fork.input;
    graph_.feedback(fork[1], join.second, tokens);
    tail_ = fork[0];
    std::size_t next = 0;
    for (auto& item : expected_) {
      if (!item) continue;
      Token& token = tokens[next++ % tokens.size()];
      token = Token{mix(item->id ^ token.id) >> 8};
      item = token;
    }
  }
  void add_op() {
    switch (pick(9)) {
      case 0:
        return batch_and_flatten();
      case 1:
        return diamond();
      case 2:
        return emit();
      case 3:
        return cycle();
      case 4:
        tail_ = (tail_ >> graph_.reorder<Token>(name("reorder"), serial_limits())).output;
        return;
      default:
        return one_to_one(tail_, expected_);
    }
  }
  void add_sink() {
    NodeSettings settings = limits();
    if (pick(2) == 0) {
      settings.concurrency = 1;
      settings.order = Order::kInOrder;
      sink_in_order_ = true;
    }
    auto sink = graph_.sink(name("sink"), settings, [this](Token token) {
      const std::lock_guard lock(seen_mutex_);
      seen_.push_back(token);
    });
    tail_ >> sink;
  }

  std::mt19937_64 random_;
  std::vector<std::string> names_;
  Model expected_;
  std::mutex seen_mutex_;
  std::vector<Token> seen_;
  bool sink_in_order_ = false;
  Output<Token> tail_;
  Graph graph_;
};

class RandomGraphs : public testing::TestWithParam<int> {};

TEST_P(RandomGraphs, PassEveryItemOnceInOrderAndNeverFillAQueueBeyondItsCapacity) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed * 10 + static_cast<std::uint64_t>(GetParam()), GetParam());
    random.check(random.graph().run(), 0);
    if (HasFailure()) break;
  }
}

TEST_P(RandomGraphs, DoSoWhileLimitsChange) {
  constexpr std::size_t kMostPlaces = 12, kMostBytes = 200;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed * 10 + static_cast<std::uint64_t>(GetParam()), GetParam());
    std::atomic<bool> ended{false};
    std::thread meddler([&] {
      std::mt19937_64 dice(seed);
      while (!ended) {
        const std::string& node = random.names()[dice() % random.names().size()];
        try {
          switch (dice() % 4) {
            case 0:
              if (node.starts_with("sink")) break;  // one that shows the order must stay serial
              random.graph().set(node + ".concurrency", std::to_string(1 + dice() % 5));
              break;
            case 1:
              random.graph().set(node + ".queue_bytes", std::to_string(dice() % kMostBytes));
              break;
            default:
              random.graph().set(node + ".queue", std::to_string(1 + dice() % kMostPlaces));
          }
        } catch (const Error&) {  // a serial node, or too few places for what is sent at once
        }
        std::this_thread::yield();
      }
    });
    const GraphSnapshot snapshot = random.graph().run();
    ended = true;
    meddler.join();
    random.check(snapshot, kMostPlaces);
    if (HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, RandomGraphs, testing::Values(1, 2, 3, 7));

}  // namespace
}  // namespace forebay
