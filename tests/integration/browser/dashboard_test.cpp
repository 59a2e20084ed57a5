// The web page as its reader sees it: a graph that runs here, a browser that shows it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/facts.hpp>
#include <forebay/graph/inspect/web_server.hpp>
#include <support/temporary_folder.hpp>

#include "browser.hpp"

namespace forebay {
namespace {

using test::Browser;
using testing::IsEmpty;

const std::string kToken = "0123456789abcdef";

// A graph that goes on until this ends; its decode takes two milliseconds and has one worker.
class EndlessGraph {
 public:
  explicit EndlessGraph(const std::string& sink) {
    const auto read = graph_.source(
        "read", [this, n = 0]() mutable { return ended_ ? std::nullopt : std::optional(n++); });
    const NodeSettings slow{.concurrency = 1, .queue = 8, .run_on = RunOn::kOwnThreads};
    const auto decode = graph_.transform("decode", slow, [](int item) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return item;
    });
    read >> decode >> graph_.sink(sink, [](int) {});
    run_ = std::thread([this] { graph_.run(); });
  }
  ~EndlessGraph() {
    ended_ = true;
    run_.join();
  }
  NodeSnapshot node(const std::string& name) const { return graph_.snapshot().node(name); }

 private:
  std::atomic<bool> ended_{false};
  Graph graph_{"photos"};
  std::thread run_;
};

class Dashboard : public testing::Test {
 protected:
  Dashboard() { setenv("FOREBAY_INSPECT", "0", 1); }

  void SetUp() override {
#ifdef FOREBAY_CHROMIUM
    browser_.emplace(FOREBAY_CHROMIUM);
#else
    GTEST_SKIP() << "there is no Chromium; scripts/install --browser installs it";
#endif
  }

  void serve(const std::string& token_file = "", const std::string& sink = "save") {
    graph_.emplace(sink);
    server_.emplace(detail::process_registry(), WebOptions{"0", token_file});
    browser_->open(server_->url());
  }
  void serve_with_token() {
    std::ofstream(folder_ / "token") << kToken << '\n';
    serve(folder_ / "token");
  }
  std::string text(const std::string& selector) {
    return browser_->evaluate("document.querySelector('" + selector + "').textContent")
        .get<std::string>();
  }
  // The inputs of the page say with an event that they were changed.
  void enter(const std::string& selector, const std::string& value) {
    browser_->evaluate("{ const input = document.querySelector('" + selector +
                       "'); input.value = '" + value +
                       "'; input.dispatchEvent(new Event('change')); }");
  }
  void give_token(const std::string& token) {
    enter("#token", token);
    browser_->evaluate("document.querySelector('#login button').click()");
  }

  test::TemporaryFolder folder_;
  std::optional<EndlessGraph> graph_;
  std::optional<detail::WebServer> server_;
  std::optional<Browser> browser_;  // the last to begin, the first to end
};

TEST_F(Dashboard, ShowsTheGraphAsItRuns) {
  serve();
  browser_->wait_for("document.querySelectorAll('#picture .node').length == 3");
  browser_->wait_for("document.querySelectorAll('#rows tr').length == 3");
  // The queue of the slow node fills, in the picture and in the table.
  browser_->wait_for(
      "+document.querySelector('#picture [data-node=decode] .fill').getAttribute('width') > 100");
  browser_->wait_for(
      "parseFloat(document.querySelector('#rows [data-node=decode] .bar i').style.width) > 70");
  browser_->wait_for("+document.querySelector('#rate').textContent > 50");
  browser_->wait_for("document.querySelectorAll('#rate-chart .line').length == 1");
  EXPECT_EQ(text("#state"), "running");
  EXPECT_EQ(text("#rate-name"), "items/s");
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(Dashboard, SaysWhatLimitsTheRun) {
  serve();
  browser_->wait_for("document.querySelector('#verdict-head').textContent.includes('decode')");
  browser_->wait_for("document.querySelector('#picture .limit')?.dataset.node == 'decode'");
  browser_->wait_for("document.querySelector('#rows .limit')?.dataset.node == 'decode'");
  EXPECT_THAT(text("#verdict-changes"), testing::StartsWith("decode.concurrency 1 → "));
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(Dashboard, ShowsWhatTheProgramTellsOfItself) {
  const Publication devices = publish_devices([] {
    DeviceFacts device{"cuda:0", 0.75, 3'000'000'000, 4'000'000'000, 400};
    device.gpu = {.busy = 0.97, .power = 512.3, .power_limit = 700, .clock = 1.755e9};
    return std::vector{device};
  });
  const Publication progress = publish_progress([] {
    return ProgressFacts{"epoch 3 of 90", 500, 2000, "images", {{"loss", 2.5}}};
  });
  const Publication roles = publish_roles({{}, {}, "images"});
  serve();
  browser_->wait_for("document.querySelector('#rate').textContent == '400'");
  EXPECT_EQ(text("#rate-name"), "images/s");
  EXPECT_EQ(text("#devices"),
            "cuda:075 % busy400/s · 3 GB of 4 GB · GPU 97 % · 512 of 700 W · 1755 MHz");
  EXPECT_EQ(text("#progress"), "epoch 3 of 9025 %500 of 2,000 images · 4 s left · loss 2.5");
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(Dashboard, WithTheTokenChangesSettings) {
  serve_with_token();
  browser_->wait_for("!document.querySelector('#login').hidden");
  EXPECT_EQ(browser_->evaluate("document.querySelector('#page').hidden"), true);
  give_token("not it");
  browser_->wait_for(
      "document.querySelector('#login-error').textContent == 'That is not its token.'");
  give_token(kToken);
  browser_->wait_for("document.querySelector('#rows [data-node=decode] input')");
  EXPECT_EQ(browser_->evaluate("document.querySelector('#login').hidden"), true);
  enter("[aria-label=\"decode.concurrency\"]", "3");
  browser_->wait_for(
      "document.querySelector('#setting-state').textContent == 'decode.concurrency is 3'");
  EXPECT_EQ(graph_->node("decode").concurrency, 3u);
  enter("[aria-label=\"decode.queue\"]", "0");
  browser_->wait_for("document.querySelector('#setting-state').classList.contains('bad')");
  EXPECT_EQ(graph_->node("decode").inputs[0].capacity, 8u);
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(Dashboard, WithoutATokenHasNothingToChange) {
  serve();
  browser_->wait_for("document.querySelectorAll('#rows tr').length == 3");
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('#page input, #page button').length"), 0);
  EXPECT_EQ(text("#setting-state"), "To change settings here, start the program with a token.");
}

TEST_F(Dashboard, ShowsNamesAsTheyAre) {
  serve("", "<img src=x onerror=alert(1)>");
  browser_->wait_for("document.querySelectorAll('#rows tr').length == 3");
  browser_->wait_for(
      "document.querySelector('#rows tr:nth-child(3) th')?.textContent == "
      "'<img src=x onerror=alert(1)>'");
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('img').length"), 0);
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(Dashboard, SaysThatTheProgramHasEnded) {
  serve();
  browser_->wait_for("document.querySelectorAll('#rows tr').length == 3");
  server_.reset();
  browser_->wait_for(
      "document.querySelector('#state').textContent == 'no answer; the program may have ended'");
}

TEST_F(Dashboard, FitsAPhone) {
  browser_->resize(390, 844);
  serve();
  browser_->wait_for("document.querySelectorAll('#rows tr').length == 3");
  EXPECT_LE(browser_->evaluate("document.documentElement.scrollWidth").get<int>(), 390);
}

}  // namespace
}  // namespace forebay
