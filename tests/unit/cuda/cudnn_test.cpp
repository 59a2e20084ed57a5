#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/library.hpp>
#include <forebay/nodes/cuda/cudnn/plans.hpp>
#include <forebay/nodes/cuda/fusions.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/cuda/step.hpp>

namespace forebay::cuda {
namespace {

constexpr std::size_t kRows = 64;

// An H200 by hand, from its data sheet; to be replaced by what cuDNN says of a real one.
std::string h200() {
  std::ifstream file(FOREBAY_FIXTURES "/cuda/h200.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Fuses all that cuDNN has plans for, has their workspaces, and runs nothing.
class PlannedConvolver final : public Convolver {
 public:
  std::string why_not_fused(const Convolution& convolution, Fusion fusion,
                            ValueType type) override {
    if (!fuses) return "this test does not fuse";
    for (ConvolutionGraph graph : graphs_of(fusion)) {
      const Plan& plan = plans_.find(convolution, graph, type);
      if (!plan.exists) return plan.why_not;
    }
    return "";
  }
  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override {
    const Plan& plan = plans_.find(convolution, graph, type);
    EXPECT_TRUE(plan.exists) << plan.why_not;
    EXPECT_LT(plan.workspace_bytes, std::size_t{512} << 20);
    return plan.workspace_bytes;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const ConvolutionArrays&,
           cudaStream_t) override {
    FAIL() << "there is no GPU";
  }

  bool fuses = true;

 private:
  Plans plans_{h200()};
};

/// The convolutions of a network, by what cuDNN fuses of them.
struct Fusions {
  std::vector<std::string> none = {}, sums = {}, normalised = {};
  std::vector<std::string> reasons = {};  // for what is not fused
};

Fusions fusions(const Network& network, ValueType type, PlannedConvolver& convolver) {
  const FusedNetwork fused = fuse(network);
  const auto choices = choose_fusions(network, fused, kRows, type, convolver);
  Fusions found;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (fused.layers[i].kind != LayerKind::kConvolution) continue;
    auto& names = choices[i].fusion == Fusion::kNone   ? found.none
                  : choices[i].fusion == Fusion::kSums ? found.sums
                                                       : found.normalised;
    names.push_back(network.layers[static_cast<std::size_t>(fused.layers[i].layer)].name);
    if (!choices[i].why_not.empty()) found.reasons.push_back(choices[i].why_not);
  }
  return found;
}

// Of ResNet-50 the second and third convolution of each block read what a batch norm and its ReLU
// alone made; of ResNet-18 the second. Projections and first convolutions read a block's output.
// The stem's four channels are too few for any fusion.
TEST(CudnnPlans, FuseAllThatResNetsAllowInFloat16) {
  PlannedConvolver convolver;
  const Fusions in18 = fusions(resnet(18), ValueType::kFloat16, convolver);
  EXPECT_EQ(in18.normalised.size(), 8U);
  EXPECT_EQ(in18.sums.size(), 11U);
  EXPECT_EQ(in18.none.size(), 1U);
  const Fusions in50 = fusions(resnet(50), ValueType::kFloat16, convolver);
  EXPECT_EQ(in50.normalised.size(), 32U);
  EXPECT_EQ(in50.sums.size(), 20U);
  EXPECT_EQ(in50.none, std::vector<std::string>{"conv1"});
  EXPECT_EQ(in50.reasons.size(), 1U);
}

// The types without fused engines must still run, and say why they are not fused.
TEST(CudnnPlans, RunEveryLayerInEveryType) {
  PlannedConvolver convolver;
  const Network network = resnet(18);
  for (const ValueType type : {ValueType::kBfloat16, ValueType::kFloat32, ValueType::kTf32}) {
    const Fusions found = fusions(network, type, convolver);
    EXPECT_EQ(found.none.size(), 20U);  // or docs/cuda.md's table wants changing
    EXPECT_EQ(found.reasons.size(), 20U);
    plan_step(network, {.rows = kRows, .type = type}, convolver);
  }
}

// The engines of the matrix units round factors to TF32, and cuDNN prefers them.
TEST(CudnnPlans, DoNotRoundFactorsOfFloat32) {
  Plans plans(h200());
  const Convolution convolution{.rows = kRows,
                                .in_channels = 64,
                                .height = 56,
                                .width = 56,
                                .out_channels = 64,
                                .kernel = 3,
                                .padding = 1};
  for (const ConvolutionGraph graph : {ConvolutionGraph::kForward, ConvolutionGraph::kInputGradient,
                                       ConvolutionGraph::kWeightGradient}) {
    const Plan &exact = plans.find(convolution, graph, ValueType::kFloat32),
               &rounds = plans.find(convolution, graph, ValueType::kTf32);
    EXPECT_TRUE(exact.exists) << exact.why_not;
    EXPECT_TRUE(rounds.exists) << rounds.why_not;
    EXPECT_NE(exact.engine, rounds.engine);
  }
}

// Bytes that a further row takes of ResNet-50's arena.
double bytes_of_row(ValueType type, PlannedConvolver& convolver) {
  const Network network = resnet(50);
  const Step few = plan_step(network, {.rows = 64, .type = type}, convolver);
  const Step more = plan_step(network, {.rows = 128, .type = type}, convolver);
  return static_cast<double>(more.bytes - few.bytes) / 64;
}

// Without fusion a row keeps, for the way back, 11.114 million outputs of convolutions, 3.287 of
// the norms inside of blocks, which fused ones do not, 5.519 of blocks and 0.201 of the stem's
// pool. Images, a byte for each place in the pool, and what is alive besides at the worst moment
// come on top.
TEST(CudnnPlans, GiveResNetsArenaForEveryRow) {
  PlannedConvolver convolver;
  const double fused = bytes_of_row(ValueType::kFloat16, convolver);
  convolver.fuses = false;
  const double kept = 2 * (11.114e6 + 3.287e6 + 5.519e6 + 0.201e6);
  const double fp16 = bytes_of_row(ValueType::kFloat16, convolver);
  EXPECT_GT(fp16, kept);
  EXPECT_LT(fp16, 1.1 * kept);
  EXPECT_NEAR(fp16 - fused, 2 * 3.287e6, 0.1 * 2 * 3.287e6);
  EXPECT_NEAR(bytes_of_row(ValueType::kBfloat16, convolver), fp16, 0.02 * fp16);
  EXPECT_NEAR(bytes_of_row(ValueType::kFloat32, convolver), 2 * fp16, 0.1 * fp16);
}

// With what cuDNN chooses, whatever that is, a step takes no more than `--batch-size max` counts,
// and not much less; and no less than what is refused before there are plans.
TEST(CudnnPlans, TakeWhatWasCountedWithoutThem) {
  PlannedConvolver convolver;
  const Network network = resnet(50);
  const std::size_t counted =
      cuda_replica_bytes(network, {.rows = kRows, .precision = Precision::kFloat16});
  const StepOptions options{.rows = kRows, .type = ValueType::kFloat16};
  const std::size_t fused = plan_step(network, options, convolver).bytes;
  EXPECT_LT(fused, counted);
  convolver.fuses = false;
  const std::size_t unfused = plan_step(network, options, convolver).bytes;
  EXPECT_LT(unfused, counted);
  EXPECT_LE(counted, unfused + 2 * kMostWorkspace);
  const std::size_t least = least_bytes(network, options);
  EXPECT_LE(least, fused);
  EXPECT_GT(static_cast<double>(least), 0.9 * static_cast<double>(fused));
}

TEST(CudnnPlans, AreAskedForOnce) {
  Plans plans(h200());
  const Convolution convolution{
      .rows = 8, .in_channels = 64, .height = 14, .width = 14, .out_channels = 64};
  const Plan& plan = plans.find(convolution, ConvolutionGraph::kForward, ValueType::kFloat16);
  EXPECT_TRUE(plan.exists) << plan.why_not;
  EXPECT_GT(plan.candidates, 0);
  EXPECT_FALSE(plan.engine.empty());
  EXPECT_EQ(&plans.find(convolution, ConvolutionGraph::kForward, ValueType::kFloat16), &plan);
}

TEST(CudnnPlans, SayWhyThereIsNone) {
  Plans plans(h200());
  const Convolution one_channel{
      .rows = 8, .in_channels = 1, .height = 14, .width = 14, .out_channels = 3};
  const Plan& plan =
      plans.find(one_channel, ConvolutionGraph::kNormalisedForward, ValueType::kFloat16);
  EXPECT_FALSE(plan.exists);
  EXPECT_FALSE(plan.why_not.empty());
}

TEST(CudnnPlans, RefuseWhatDescribesNoGpu) {
  for (const char* text : {"", "[]", "{\"name\": \"H200\"}"}) {
    EXPECT_THROW(Plans{text}, Error) << text;
  }
  EXPECT_THROW(Plans{R"({"deviceVer": 900})"}, Error);  // and cuDNN wants much more
}

TEST(CudnnConvolutions, HaveFourChannelsWhereImagesHaveThree) {
  const Network network = resnet(50);
  const Convolution stem = convolution_of(network, network.layers[1], 16);
  EXPECT_EQ(stem, (Convolution{.rows = 16,
                               .in_channels = 4,
                               .height = 224,
                               .width = 224,
                               .out_channels = 64,
                               .kernel = 7,
                               .stride = 2,
                               .padding = 3}));
}

TEST(CudnnLibrary, IsLoadedOrSaidToBeMissing) {
  EXPECT_EQ(why_no_cudnn(), "");
  const std::string why = why_no_cudnn("libforebay-none.so.9");
  EXPECT_THAT(why, testing::StartsWith("cannot load cuDNN, which computes convolutions on GPUs: "
                                       "libforebay-none.so.9: cannot open"));
  EXPECT_THAT(why, testing::HasSubstr("put the folder where libcudnn.so.9 is (Python's package "
                                      "nvidia-cudnn-cu"));
}

}  // namespace
}  // namespace forebay::cuda
