#include <forebay/nodes/sim/sim_profile.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

using test::error_of;
using test::small_network;
using test::small_profile;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kGood = R"({
  "name": "D1",
  "source": ["made up"],
  "network": {"name": "n", "flops": 10, "parameters": 20, "activations": 30},
  "points": [{"rows": 1, "images_per_second": 10}, {"rows": 4, "images_per_second": 20}],
  "memory": {"device_bytes": 1000, "fixed_bytes": 100, "row_bytes": 50},
  "link_bytes_per_second": 0
})";

// What is said of kGood with `old` replaced.
std::string refusal(const std::string& old, const std::string& text) {
  std::string json = kGood;
  json.replace(json.find(old), old.size(), text);
  return error_of([&] { parse_sim_profile(json, "d.json"); });
}

TEST(SimProfile, ReadsWhatItWrites) {
  const SimProfile first = parse_sim_profile(kGood, "d.json");
  EXPECT_EQ(first.points[1].rows, 4u);
  EXPECT_DOUBLE_EQ(first.points[1].seconds, 0.2);
  EXPECT_EQ(first.row_bytes, 50);
  const SimProfile again = parse_sim_profile(to_json(first), "again");
  EXPECT_EQ(to_json(again), to_json(first));
}

TEST(SimProfile, SaysWhereAFileIsMalformed) {
  EXPECT_EQ(refusal("\"rows\": 4,", "\"rows\": 4;"),
            "device profile d.json, line 5: it is not JSON; see docs/simulated-devices.md for an "
            "example");
  EXPECT_EQ(refusal("\"images_per_second\": 20", "\"images_per_second\": -2"),
            "device profile d.json: points[1].images_per_second is -2; give a number, 0 or more");
  EXPECT_EQ(refusal("\"images_per_second\": 20", "\"images_per_second\": 0"),
            "device profile d.json: points[1].images_per_second is 0; give a number above 0");
  EXPECT_EQ(refusal("\"images_per_second\": 20", "\"images_per_second\": \"fast\""),
            "device profile d.json: points[1].images_per_second is \"fast\"; give a number, 0 or "
            "more");
  EXPECT_EQ(refusal("\"rows\": 4", "\"rows\": 4.5"),
            "device profile d.json: points[1].rows is 4.5; give a whole number");
  EXPECT_EQ(refusal("\"rows\": 4", "\"rows\": 1"),
            "device profile d.json: points[1].rows is 1 after 1; give points in rising order");
  EXPECT_EQ(refusal("\"flops\": 10, ", ""), "device profile d.json: network.flops is missing");
  EXPECT_EQ(refusal("\"row_bytes\"", "\"rowbytes\""),
            "device profile d.json: memory.rowbytes is not known; there are device_bytes, "
            "fixed_bytes, row_bytes");
  EXPECT_EQ(refusal("\"name\": \"D1\"", "\"name\": 7"),
            "device profile d.json: name is 7; give a text");
  EXPECT_EQ(refusal("[\"made up\"]", "\"made up\""),
            "device profile d.json: source is no list in []; give one with an entry or more");
  EXPECT_EQ(error_of([] { parse_sim_profile("[1]", "d.json"); }),
            "device profile d.json: it is of type array, not an object in {}");
}

TEST(SimProfile, IsFoundByNameOrPath) {
  EXPECT_THAT(sim_profile_names(), ElementsAre("K80", "V100", "A100", "H100", "H200"));
  const test::TemporaryFolder folder;
  std::ofstream(folder / "d.json") << kGood;
  EXPECT_EQ(find_sim_profile(folder / "d.json").name, "D1");
  EXPECT_EQ(
      error_of([] { find_sim_profile("K81"); }),
      "device profile K81: cannot read it; give a file, or one of K80, V100, A100, H100, H200");
  EXPECT_THAT(error_of([&] { find_sim_profile(folder.path()); }), HasSubstr("cannot read it"));
}

TEST(SimProfile, TakesStraightLinesBetweenAndBeyondPoints) {
  const SimProfile profile = small_profile();
  EXPECT_DOUBLE_EQ(step_seconds(profile, 10), 0.020);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 20), 0.030);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 30), 0.040);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 1), 0.011);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 100), 0.110);
}

TEST(SimProfile, NeverGivesTimesThatAreNegativeOrFall) {
  SimProfile steep = small_profile();
  steep.points = {{10, 0.010}, {20, 0.030}};  // the line meets 0 at 5 rows
  EXPECT_DOUBLE_EQ(step_seconds(steep, 2), 0.002);
  SimProfile falling = small_profile();
  falling.points = {{10, 0.030}, {20, 0.029}};
  EXPECT_DOUBLE_EQ(step_seconds(falling, 40), 0.029);
}

TEST(SimProfile, WithOnePointIsInProportion) {
  SimProfile profile = small_profile();
  profile.points.resize(1);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 5), 0.010);
  EXPECT_DOUBLE_EQ(step_seconds(profile, 40), 0.080);
}

TEST(SimProfile, HoldsAsManyRowsAsFit) {
  SimProfile profile = small_profile();
  EXPECT_EQ(most_rows(profile), 40u);
  EXPECT_EQ(bytes_for_rows(profile, 40), 5000);
  profile.device_bytes = 4999;
  EXPECT_EQ(most_rows(profile), 39u);
  profile.device_bytes = 1050;
  EXPECT_EQ(most_rows(profile), 0u);
  profile.device_bytes = 10;
  EXPECT_EQ(most_rows(profile), 0u);
}

TEST(SimProfile, IsScaledToAnotherNetwork) {
  const SimProfile k80 = find_sim_profile("K80");
  const SimProfile same = scaled_to(k80, resnet(50));
  EXPECT_DOUBLE_EQ(step_seconds(same, 32), step_seconds(k80, 32));
  EXPECT_EQ(most_rows(same), most_rows(k80));

  const Network deep = resnet(152);
  const SimProfile deeper = scaled_to(k80, deep);
  const double times = sim_network(deep).flops / k80.network.flops;
  EXPECT_NEAR(step_seconds(deeper, 32), times * step_seconds(k80, 32), 1e-9);
  EXPECT_LT(most_rows(deeper), most_rows(k80));
  EXPECT_EQ(deeper.network.name, "resnet-152");
}

// The published speeds, and batches that are known to fit.
TEST(SimProfile, HasBuiltInFiguresAsPublished) {
  const auto speed = [](const char* name, std::size_t rows) {
    return static_cast<double>(rows) / step_seconds(find_sim_profile(name), rows);
  };
  EXPECT_THAT(speed("K80", 32), DoubleNear(49.48, 1e-6));
  EXPECT_THAT(speed("V100", 128), DoubleNear(363.69, 1e-6));
  EXPECT_THAT(speed("A100", 408), DoubleNear(3399, 1e-6));
  EXPECT_THAT(speed("H100", 816), DoubleNear(7292, 1e-6));
  EXPECT_THAT(speed("H200", 400), DoubleNear(7010, 1e-6));
  for (const auto& [name, rows] :
       {std::pair("K80", 88u), {"V100", 128u}, {"A100", 408u}, {"H100", 816u}, {"H200", 816u}}) {
    EXPECT_GE(most_rows(find_sim_profile(name)), rows) << name;
  }
}

// The files name the network by its figures, which must be those that Forebay counts.
TEST(SimProfile, BuiltInOnesAreOfForebaysResnet50) {
  const SimNetwork counted = sim_network(resnet(50));
  for (const std::string& name : sim_profile_names()) {
    const SimProfile profile = find_sim_profile(name);
    EXPECT_EQ(profile.name, name);
    EXPECT_EQ(profile.network.name, counted.name);
    EXPECT_EQ(profile.network.flops, counted.flops);
    EXPECT_EQ(profile.network.parameters, counted.parameters);
    EXPECT_EQ(profile.network.activations, counted.activations);
  }
}

}  // namespace
}  // namespace forebay
