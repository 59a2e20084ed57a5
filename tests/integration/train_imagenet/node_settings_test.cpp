#include <train_imagenet/node_settings.hpp>

#include <algorithm>

#include <gtest/gtest.h>

#include <support/error_of.hpp>
#include <train_imagenet/session.hpp>
#include <train_imagenet/test_io.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

using test::error_of;

// A small MLP with two replicas that trains for one step.
TrainOptions options(const std::vector<std::string>& more) {
  const std::string digits = FOREBAY_FIXTURES "/digits/";
  std::vector<std::string> arguments{"--network",      "mlp",
                                     "--image-shape",  "1,28,28",
                                     "--num-classes",  "10",
                                     "--batch-size",   "64",
                                     "--num-examples", "64",
                                     "--num-epochs",   "1",
                                     "--devices",      "cpu:0,cpu:1",
                                     "--data-train",   digits + "train.rec",
                                     "--data-val",     digits + "val.rec"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse_options(arguments);
}

class NodeSettingsTest : public testing::Test {
 protected:
  LogFile file_;
  Log log_ = file_.plain();
};

TEST_F(NodeSettingsTest, ReachEveryNodeThatHasAName) {
  for (const std::string& name : node_names(2)) {
    // No node may change this, so a node that is there says so.
    const std::string other = name == "read" ? "pool" : "own_threads";
    const std::vector<std::string> flag{"--" + name + ".run_on", other};
    const std::string error = error_of([&] {
      if (name == "count") {
        test_io(options({"--test-io", "1", flag[0], flag[1]}), log_);
      } else {
        Session(options({"--benchmark", name == "made-up" ? "1" : "0", flag[0], flag[1]}), log_);
      }
    });
    EXPECT_EQ(error, name + ".run_on is fixed when the node is made");
  }
}

TEST_F(NodeSettingsTest, HaveANameForEveryNodeOfTraining) {
  const TrainOptions plain = options({});
  const std::vector<std::string> names = node_names(2);
  for (const NodeSnapshot& node : Session(plain, log_).train().last_epoch.nodes) {
    EXPECT_NE(std::ranges::find(names, node.name), names.end()) << node.name;
  }
}

}  // namespace
}  // namespace forebay
