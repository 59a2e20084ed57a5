// What is chosen of plans whose times are known.

#include <forebay/nodes/cuda/cudnn/plan_chooser.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <utility>

namespace forebay::cuda {
namespace {

using enum ConvolutionGraph;

constexpr Convolution kConvolution{
    .rows = 8, .in_channels = 64, .height = 14, .width = 14, .out_channels = 64};

/// A plan that nobody made.
struct MadeUp {
  std::string name;
  std::optional<float> milliseconds;  // none: it fails when it runs
  bool builds = true;
};

class MadeUpPlans final : public GraphPlans {
 public:
  explicit MadeUpPlans(const std::vector<MadeUp>& plans) : plans_(plans) {}

  std::int64_t count() const override { return std::ssize(plans_); }
  std::string name(std::int64_t plan) const override { return at(plan).name; }
  std::optional<std::size_t> build(std::int64_t plan) override {
    return at(plan).builds ? std::optional(std::size_t{100} * (static_cast<std::size_t>(plan) + 1))
                           : std::nullopt;
  }
  std::string run(std::int64_t, const ConvolutionArrays&, cudaStream_t) const override {
    return "nothing runs here";
  }

  const MadeUp& at(std::int64_t plan) const { return plans_.at(static_cast<std::size_t>(plan)); }

 private:
  const std::vector<MadeUp>& plans_;
};

/// A GPU and its cuDNN, and what was asked of them.
struct Machine {
  std::map<ConvolutionGraph, std::vector<MadeUp>> plans;
  std::map<ConvolutionGraph, std::string> why_none = {};
  std::map<Fusion, float> norms{{Fusion::kSums, 0.25F}, {Fusion::kNormalised, 0.5F}};
  std::vector<std::string> timed = {};
};

class MachineSource final : public PlanSource {
 public:
  explicit MachineSource(Machine& machine) : machine_(machine) {}

  FoundPlans find(const GraphKey& key) override {
    const auto graph = std::get<ConvolutionGraph>(key);
    const auto none = machine_.why_none.find(graph);
    if (none != machine_.why_none.end()) return {.why_not = none->second};
    return {.plans = std::make_unique<MadeUpPlans>(machine_.plans.at(graph))};
  }
  std::vector<std::optional<float>> time(const GraphKey&, const GraphPlans& plans,
                                         std::span<const BuiltPlan> built) override {
    std::vector<std::optional<float>> times;
    for (const BuiltPlan& plan : built) {
      machine_.timed.push_back(plans.name(plan.number));
      times.push_back(dynamic_cast<const MadeUpPlans&>(plans).at(plan.number).milliseconds);
    }
    return times;
  }
  float time_norm(const Convolution&, Fusion fusion, ValueType) override {
    return machine_.norms.at(fusion);
  }

 private:
  Machine& machine_;
};

class PlanChooserTest : public testing::Test {
 protected:
  ~PlanChooserTest() override { std::filesystem::remove(path_); }

  /// As a process that starts has it.
  PlanChooser chooser() {
    machine_.timed.clear();
    return {std::make_unique<MachineSource>(machine_), PlanChoices(path_)};
  }
  static const ChosenPlan& forward(PlanChooser& chooser) {
    return chooser.find({kConvolution, kForward, ValueType::kFloat16});
  }
  static std::string why_not(PlanChooser& chooser, Fusion fusion) {
    return chooser.why_not_fused(kConvolution, fusion, ValueType::kFloat16);
  }
  std::string why_not(Fusion fusion) {
    PlanChooser made = chooser();
    return why_not(made, fusion);
  }

  const std::string path_ = testing::TempDir() + "plan-chooser-" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  // The sums take 1.125 ms fused and 1.25 not, all with a normalised x 3 ms and 3.625.
  Machine machine_{.plans = {{kForward, {{"f", 1.0F}}},
                             {kForwardSums, {{"fs", 1.125F}}},
                             {kInputGradient, {{"i", 1.0F}}},
                             {kWeightGradient, {{"w", 1.0F}}},
                             {kNormalisedForward, {{"nf", 1.0F}}},
                             {kNormalisedInputGradient, {{"ni", 1.0F}}},
                             {kNormalisedWeightGradient, {{"nw", 1.0F}}}}};
};

TEST_F(PlanChooserTest, TakesTheFastestThatRuns) {
  machine_.plans[kForward] = {{"a", 3.0F}, {"b", 2.0F}, {"c", std::nullopt}, {"d", 1.0F, false}};
  PlanChooser made = chooser();
  const ChosenPlan& chosen = forward(made);
  EXPECT_EQ(chosen.plan.number, 1);
  EXPECT_EQ(chosen.plan.workspace_bytes, 200u);
  EXPECT_EQ(chosen.milliseconds, 2.0F);
  EXPECT_EQ(machine_.timed, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(&forward(made), &chosen);
  EXPECT_EQ(machine_.timed.size(), 3u) << "once";
}

TEST_F(PlanChooserTest, SaysWhatToDoWhereAPlanOfAnEarlierRunFailsInAStep) {
  const GraphKey key{kConvolution, kNormalisedForward, ValueType::kFloat16};
  PlanChooser first = chooser();
  ASSERT_EQ(first.find(key).why_not, "");
  EXPECT_EQ(first.run(key, {}, nullptr), "nothing runs here") << "timed a moment ago";
  PlanChooser next = chooser();
  EXPECT_EQ(next.run(key, {}, nullptr), "nothing runs here; where that stays so, delete " + path_ +
                                            ": plans are timed anew then");
}

TEST_F(PlanChooserTest, TimesTheFirstEightThatCanBeMade) {
  machine_.plans[kForward] = {{"refused", 1.0F, false}};
  for (int i = 0; i < 9; ++i) {
    machine_.plans[kForward].push_back({std::to_string(i), 10.0F - static_cast<float>(i)});
  }
  PlanChooser made = chooser();
  EXPECT_EQ(forward(made).plan.number, 8);
  EXPECT_EQ(machine_.timed, (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7"}));
}

TEST_F(PlanChooserTest, TakesWhatWasTheFastestBeforeUntimed) {
  machine_.plans[kForward] = {{"a", 3.0F}, {"b", 2.0F}};
  PlanChooser first = chooser();
  forward(first);
  machine_.plans[kForward] = {{"b", 9.0F}, {"new", 1.0F}};
  PlanChooser second = chooser();
  EXPECT_EQ(forward(second).plan.number, 0);
  EXPECT_EQ(forward(second).plan.workspace_bytes, 100u);
  EXPECT_TRUE(machine_.timed.empty());
}

TEST_F(PlanChooserTest, TimesAnewWhereThatIsGoneOrCannotBeMade) {
  PlanChooser first = chooser();
  forward(first);
  for (const MadeUp& before : {MadeUp{"other", std::nullopt}, MadeUp{"f", 1.0F, false}}) {
    machine_.plans[kForward] = {before, {"g", 2.0F}};
    PlanChooser made = chooser();
    EXPECT_EQ(forward(made).plan.number, 1);
    PlanChoices(path_).add(kConvolution, kForward, ValueType::kFloat16, "f");
  }
}

TEST_F(PlanChooserTest, SaysWhyNothingRuns) {
  machine_.plans[kForward] = {{"a", std::nullopt}, {"b", 1.0F, false}};
  machine_.why_none[kWeightGradient] = "cuDNN's words";
  PlanChooser made = chooser();
  EXPECT_EQ(forward(made).why_not, "none of its 2 plans runs; take another version");
  EXPECT_EQ(made.find({kConvolution, kWeightGradient, ValueType::kFloat16}).why_not,
            "cuDNN's words");
}

TEST_F(PlanChooserTest, FusesWhatIsFasterThanItsPartsAndTheNormsPasses) {
  EXPECT_EQ(why_not(Fusion::kSums), "");
  EXPECT_EQ(why_not(Fusion::kNormalised), "");
}

// What a normalised convolution is compared with has the sums where those are faster: 3.625 ms.
TEST_F(PlanChooserTest, DoesNotFuseWhatIsSlower) {
  machine_.plans[kNormalisedForward] = {{"nf", 1.75F}};
  EXPECT_EQ(why_not(Fusion::kNormalised), "3.750 ms fused, 3.625 ms not");
  EXPECT_EQ(why_not(Fusion::kSums), "");
  machine_.plans[kForwardSums] = {{"fs", 1.25F}};
  std::filesystem::remove(path_);
  EXPECT_EQ(why_not(Fusion::kSums), "1.250 ms fused, 1.250 ms not");
}

TEST_F(PlanChooserTest, KeepsWhatItFoundOfFusions) {
  machine_.plans[kNormalisedForward] = {{"nf", 9.0F}};
  PlanChooser first = chooser();
  const std::string normalised = why_not(first, Fusion::kNormalised);
  EXPECT_NE(normalised, "");
  machine_.plans[kNormalisedForward] = {{"nf", 0.5F}};
  machine_.plans[kForwardSums] = {{"fs", 9.0F}};
  PlanChooser second = chooser();
  EXPECT_EQ(why_not(second, Fusion::kNormalised), normalised);
  EXPECT_EQ(why_not(second, Fusion::kSums), "");
  EXPECT_TRUE(machine_.timed.empty());
}

TEST_F(PlanChooserTest, DoesNotFuseWhatHasNoPlanAnyMore) {
  EXPECT_EQ(why_not(Fusion::kSums), "");
  machine_.why_none[kForwardSums] = "another driver";
  EXPECT_EQ(why_not(Fusion::kSums), "another driver");
}

TEST_F(PlanChooserTest, DoesNotFuseWhatFails) {
  machine_.plans[kNormalisedInputGradient] = {{"ni", std::nullopt}};
  EXPECT_EQ(why_not(Fusion::kNormalised), "none of its 1 plans runs; take another version");
}

// Its plan was chosen by a process that ended before it had compared.
TEST_F(PlanChooserTest, TakesAnotherPlanOrDoesNotFuseWhereTheOneFromBeforeFails) {
  const auto keep = [this] {
    PlanChoices(path_).add(kConvolution, kForwardSums, ValueType::kFloat16, "fs");
  };
  keep();
  machine_.plans[kForwardSums] = {{"fs", std::nullopt}, {"other", 1.125F}};
  PlanChooser made = chooser();
  EXPECT_EQ(why_not(made, Fusion::kSums), "");
  EXPECT_EQ(made.find({kConvolution, kForwardSums, ValueType::kFloat16}).plan.number, 1);
  std::filesystem::remove(path_);
  keep();
  machine_.plans[kForwardSums].pop_back();
  EXPECT_EQ(why_not(Fusion::kSums), "none of its 1 plans runs; take another version");
}

TEST_F(PlanChooserTest, FusesWhereNothingElseRuns) {
  machine_.why_none[kForward] = "not alone";
  EXPECT_EQ(why_not(Fusion::kSums), "");
}

}  // namespace
}  // namespace forebay::cuda
