#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/library.hpp>
#include <forebay/nodes/cuda/cudnn/paths.hpp>
#include <forebay/nodes/cuda/cudnn/plans.hpp>
#include <forebay/nodes/cuda/step.hpp>

namespace forebay::cuda {
namespace {

constexpr std::size_t kRows = 64;

// An H200 by hand, from its data sheet; to be replaced by what cuDNN says of a real one.
std::string h200() {
  std::ifstream file(FOREBAY_FIXTURES "/cuda/h200.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whether a layer may be fused is a matter of the network; whether it is, of cuDNN.
struct Fused {
  int forward_alone = 0, sums = 0, normalised = 0;
};

Fused count_fused(const std::vector<ConvolutionPath>& paths) {
  Fused fused;
  for (const ConvolutionPath& path : paths) {
    const bool normalised = path.forward == ConvolutionGraph::kNormalisedForward;
    fused.normalised += normalised ? 1 : 0;
    fused.sums += path.forward == ConvolutionGraph::kForwardSums ? 1 : 0;
    fused.forward_alone += path.forward == ConvolutionGraph::kForward ? 1 : 0;
    // All three or none: the normalised values are stored or they are not.
    EXPECT_EQ(normalised, path.input_gradient == ConvolutionGraph::kNormalisedInputGradient);
    EXPECT_EQ(normalised, path.weight_gradient == ConvolutionGraph::kNormalisedWeightGradient);
  }
  return fused;
}

// Of ResNet-50 the second and third convolution of each block read what a batch norm and its ReLU
// alone made; of ResNet-18 the second. Projections and first convolutions read a block's output.
// The stem's four channels are too few for any fusion.
TEST(CudnnPlans, FuseAllThatResNetsAllowInFloat16) {
  Plans plans(h200());
  const Network network18 = resnet(18), network50 = resnet(50);
  const Fused fused18 = count_fused(choose_paths(network18, kRows, ValueType::kFloat16, plans));
  EXPECT_EQ(fused18.normalised, 8);
  EXPECT_EQ(fused18.sums, 11);
  EXPECT_EQ(fused18.forward_alone, 1);
  const auto paths = choose_paths(network50, kRows, ValueType::kFloat16, plans);
  const Fused fused50 = count_fused(paths);
  EXPECT_EQ(fused50.normalised, 32);
  EXPECT_EQ(fused50.sums, 20);
  EXPECT_EQ(fused50.forward_alone, 1);
  EXPECT_EQ(network50.layers[static_cast<std::size_t>(paths[0].layer)].name, "conv1");
  EXPECT_EQ(paths[0].forward, ConvolutionGraph::kForward);
  EXPECT_FALSE(paths[0].input_gradient);
}

// The types without fused engines must still run, and say why they are not fused.
TEST(CudnnPlans, RunEveryLayerInEveryType) {
  Plans plans(h200());
  const Network network = resnet(18);
  for (const ValueType type : {ValueType::kBfloat16, ValueType::kFloat32}) {
    const auto paths = choose_paths(network, kRows, type, plans);
    EXPECT_EQ(paths.size(), 20U);
    EXPECT_EQ(count_fused(paths).forward_alone, 20);  // or docs/cuda.md's table wants changing
    for (const ConvolutionPath& path : paths) {
      EXPECT_EQ(path.forward == ConvolutionGraph::kForward, !path.unfused_because.empty());
      EXPECT_LT(path.workspace_bytes, std::size_t{512} << 20);
    }
  }
}

// Has cuDNN's workspaces and runs nothing.
class PlannedConvolver final : public Convolver {
 public:
  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override {
    const Plan& plan = plans_.find(convolution, graph, type);
    EXPECT_TRUE(plan.exists) << plan.why_not;
    return plan.workspace_bytes;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const void*, const void*, void*, void*,
           cudaStream_t) override {
    FAIL() << "there is no GPU";
  }

 private:
  Plans plans_{h200()};
};

// Bytes that a further row takes of ResNet-50's arena.
double bytes_of_row(ValueType type, PlannedConvolver& convolver) {
  const Network network = resnet(50);
  const Step few = plan_step(network, {.rows = 64, .type = type}, convolver);
  const Step more = plan_step(network, {.rows = 128, .type = type}, convolver);
  return static_cast<double>(more.bytes - few.bytes) / 64;
}

// Without fusion a row keeps, for the way back, 11.114 million outputs of convolutions, 3.287 of
// the norms inside of blocks, 5.519 of blocks and 0.201 of the stem's pool. Images, a byte for each
// place in the pool, and what is alive besides at the worst moment come on top.
TEST(CudnnPlans, GiveResNetsArenaForEveryRow) {
  PlannedConvolver convolver;
  const double kept = 2 * (11.114e6 + 3.287e6 + 5.519e6 + 0.201e6);
  const double fp16 = bytes_of_row(ValueType::kFloat16, convolver);
  EXPECT_GT(fp16, kept);
  EXPECT_LT(fp16, 1.1 * kept);
  EXPECT_NEAR(bytes_of_row(ValueType::kBfloat16, convolver), fp16, 0.02 * fp16);
  EXPECT_NEAR(bytes_of_row(ValueType::kFloat32, convolver), 2 * fp16, 0.1 * fp16);
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
