#include <train_imagenet/log.hpp>

#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <train_imagenet/speedometer.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

class LogTest : public testing::Test {
 protected:
  std::string written() const { return file_.text(); }

  const LogFile file_;
};

constexpr auto kNoon = [] { return std::string("2017-01-01 12:00:00,123"); };

TEST(LogMessagesTest, AreMxnets) {
  EXPECT_EQ(train_message(3, {"accuracy", 0.25}), "Epoch[3] Train-accuracy=0.250000");
  EXPECT_EQ(validation_message(3, {"top_k_accuracy_5", 2.0 / 3}),
            "Epoch[3] Validation-top_k_accuracy_5=0.666667");
  EXPECT_EQ(time_cost_message(3, 12.34567), "Epoch[3] Time cost=12.346");
  EXPECT_EQ(saved_message("r18-0004.safetensors"), "Saved checkpoint to \"r18-0004.safetensors\"");
  EXPECT_EQ(loaded_message("r18-0004.safetensors"), "Loaded model r18-0004.safetensors");
  EXPECT_EQ(resumed_rate_message(0.01, 30), "Adjust learning rate to 1.000000e-02 for epoch 30");
  EXPECT_EQ(rate_message(5001, 0.01), "Update[5001]: Change learning rate to 1.00000e-02");
  EXPECT_EQ(start_message({}).rfind("start with arguments Namespace(", 0), 0u);
}

TEST(LogMessagesTest, SayHowToGoOn) {
  TrainOptions options;
  EXPECT_EQ(interrupted_message(options),
            "Interrupted; nothing was saved, because --model-prefix was not given");
  options.model_prefix = "m";
  EXPECT_EQ(interrupted_message(options),
            "Interrupted; the same command with --resume goes on from here");
  options.load_epoch = 3;
  options.overwrite = true;
  EXPECT_EQ(interrupted_message(options),
            "Interrupted; the same command with --resume in place of --load-epoch and --overwrite "
            "goes on from here");
}

TEST(LogMessagesTest, GiveTheMetricsThatWereAskedFor) {
  const StepResult result{.loss_sum = 24, .cross_entropy_sum = 20, .top1 = 2, .top5 = 4, .rows = 8};
  TrainOptions options;
  ASSERT_EQ(metrics(result, options).size(), 1u);
  EXPECT_EQ(metrics(result, options)[0].name, "accuracy");
  EXPECT_EQ(metrics(result, options)[0].value, 0.25);

  options.top_k = 5;
  options.loss = "ce";
  const auto all = metrics(result, options);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].name, "top_k_accuracy_5");
  EXPECT_EQ(all[1].value, 0.5);
  EXPECT_EQ(all[2].name, "cross-entropy");
  EXPECT_EQ(all[2].value, 2.5);
}

TEST_F(LogTest, BeginsLinesAsAsked) {
  Log(file_.get(), LogPrefix::kMxnet, kNoon).info("hello");
  Log(file_.get(), LogPrefix::kNode, kNoon).info("hello");
  Log(file_.get(), LogPrefix::kPlain, kNoon).info("hello");
  EXPECT_EQ(written(), "INFO:root:hello\n2017-01-01 12:00:00,123 Node[0] hello\nhello\n");
}

TEST_F(LogTest, KeepsTheProgressLineBelowTheOthers) {
  Log log(file_.get(), LogPrefix::kPlain, kNoon);
  log.set_progress("10 %");
  log.info("hello");
  log.set_progress("");
  log.info("bye");
  EXPECT_EQ(written(), "\r\x1b[K10 %\r\x1b[Khello\n10 %\r\x1b[Kbye\n");
}

TEST_F(LogTest, RemovesTheProgressLineAtItsEnd) {
  {
    Log log(file_.get(), LogPrefix::kPlain, kNoon);
    log.set_progress("10 %");
  }
  EXPECT_EQ(written(), "\r\x1b[K10 %\r\x1b[K");
}

TEST_F(LogTest, WritesNoControlCharactersWithoutProgress) {
  Log log(file_.get(), LogPrefix::kPlain, kNoon);
  log.set_progress("");
  log.info("hello");
  EXPECT_EQ(written(), "hello\n");
}

TEST(LogMessagesTest, StampTimeAsPython) {
  EXPECT_TRUE(
      std::regex_match(python_time_stamp(), std::regex(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})")));
}

// A log of two epochs in the order of MXNet's.
void write_epochs(Log& log) {
  TrainOptions options;
  options.disp_batches = 2;
  double now = 0;
  Speedometer speedometer(options, [&now] { return now; });
  log.info(start_message(options));
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int batch = 0; batch < 5; ++batch) {
      now += 0.5;
      const auto line = speedometer.batch_done(epoch, batch, {.loss_sum = 1, .top1 = 1, .rows = 4});
      if (line) log.info(*line);
    }
    log.info(train_message(epoch, {"accuracy", 0.25 * (epoch + 1)}));
    log.info(time_cost_message(epoch, 2.5));
    log.info(saved_message("p-0001.safetensors"));
    log.info(validation_message(epoch, {"accuracy", 0.125}));
  }
}

TEST_F(LogTest, IsUnderstoodByMxnetsLogParser) {
  for (const auto prefix : {LogPrefix::kMxnet, LogPrefix::kNode, LogPrefix::kPlain}) {
    Log log(file_.get(), prefix, kNoon);
    write_epochs(log);
  }
  // parse_log.py's expressions, which it matches from the line's start, the first that fits.
  const std::regex expressions[] = {
      std::regex(R"(.*Epoch\[(\d+)\] Train-accuracy.*=([.\d]+))"),
      std::regex(R"(.*Epoch\[(\d+)\] Validation-accuracy.*=([.\d]+))"),
      std::regex(R"(.*Epoch\[(\d+)\] Time.*=([.\d]+))")};
  std::vector<std::string> found[3];
  std::istringstream lines(written());
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t i = 0; i < 3; ++i) {
      std::smatch match;
      if (!std::regex_search(line, match, expressions[i], std::regex_constants::match_continuous))
        continue;
      found[i].push_back(match[1].str() + ":" + match[2].str());
      break;
    }
  }
  using testing::ElementsAre;
  EXPECT_THAT(found[0], ElementsAre("0:0.250000", "1:0.500000", "0:0.250000", "1:0.500000",
                                    "0:0.250000", "1:0.500000"));
  EXPECT_THAT(found[1], ElementsAre("0:0.125000", "1:0.125000", "0:0.125000", "1:0.125000",
                                    "0:0.125000", "1:0.125000"));
  EXPECT_THAT(found[2],
              ElementsAre("0:2.500", "1:2.500", "0:2.500", "1:2.500", "0:2.500", "1:2.500"));
}

}  // namespace
}  // namespace forebay
