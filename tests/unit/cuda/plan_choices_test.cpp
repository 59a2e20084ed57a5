#include <forebay/nodes/cuda/cudnn/plan_choices.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace forebay::cuda {
namespace {

constexpr Convolution kConvolution{.rows = 8,
                                   .in_channels = 64,
                                   .height = 56,
                                   .width = 56,
                                   .out_channels = 128,
                                   .kernel = 3,
                                   .stride = 2,
                                   .padding = 1};

class PlanChoicesTest : public testing::Test {
 protected:
  ~PlanChoicesTest() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      testing::TempDir() + "plan-choices-" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ / "new" / "choices.json";
};

TEST_F(PlanChoicesTest, AreKeptForEachConvolutionGraphAndType) {
  PlanChoices first(path_);
  const auto forward = ConvolutionGraph::kForward, weights = ConvolutionGraph::kWeightGradient;
  EXPECT_EQ(first.find(kConvolution, forward, ValueType::kFloat16), "");
  first.add(kConvolution, forward, ValueType::kFloat16, "eng1_k2=0");
  first.add(kConvolution, weights, ValueType::kFloat16, "eng4");
  first.add(kConvolution, forward, ValueType::kFloat16, "eng1_k2=3");
  const PlanChoices second(path_);
  EXPECT_EQ(second.find(kConvolution, forward, ValueType::kFloat16), "eng1_k2=3");
  EXPECT_EQ(second.find(kConvolution, weights, ValueType::kFloat16), "eng4");
  EXPECT_EQ(second.find(kConvolution, forward, ValueType::kFloat32), "");
  for (auto field : {&Convolution::rows, &Convolution::in_channels, &Convolution::height,
                     &Convolution::width, &Convolution::out_channels, &Convolution::kernel,
                     &Convolution::stride, &Convolution::padding}) {
    Convolution other = kConvolution;
    other.*field += 1;
    EXPECT_EQ(second.find(other, forward, ValueType::kFloat16), "");
  }
}

TEST_F(PlanChoicesTest, KeepWhyAConvolutionIsNotFused) {
  PlanChoices first(path_);
  EXPECT_FALSE(first.why_not_fused(kConvolution, Fusion::kSums, ValueType::kFloat16));
  first.add(kConvolution, Fusion::kSums, ValueType::kFloat16, "");
  first.add(kConvolution, Fusion::kNormalised, ValueType::kFloat16, "it is slower");
  const PlanChoices second(path_);
  EXPECT_EQ(second.why_not_fused(kConvolution, Fusion::kSums, ValueType::kFloat16), "");
  EXPECT_EQ(second.why_not_fused(kConvolution, Fusion::kNormalised, ValueType::kFloat16),
            "it is slower");
  EXPECT_FALSE(second.why_not_fused(kConvolution, Fusion::kSums, ValueType::kFloat32));
}

TEST_F(PlanChoicesTest, BeginAnewWhereTheFileIsDamaged) {
  std::filesystem::create_directories(folder_ / "new");
  for (const char* text : {"", "{\"graph", "[1]", "{\"a\": 1}"}) {
    std::ofstream(path_) << text;
    PlanChoices choices(path_);
    choices.add(kConvolution, ConvolutionGraph::kForward, ValueType::kFloat32, "eng0");
    EXPECT_EQ(
        PlanChoices(path_).find(kConvolution, ConvolutionGraph::kForward, ValueType::kFloat32),
        "eng0");
  }
}

TEST_F(PlanChoicesTest, LastForTheProcessWhereNothingCanBeWritten) {
  std::ofstream(folder_.string()) << "a file in place of the folder";
  PlanChoices choices(path_);
  choices.add(kConvolution, ConvolutionGraph::kForward, ValueType::kFloat32, "eng0");
  EXPECT_EQ(choices.find(kConvolution, ConvolutionGraph::kForward, ValueType::kFloat32), "eng0");
}

TEST_F(PlanChoicesTest, HaveAFileForEachGpuAndVersionInTheCache) {
  setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(plan_choices_path("NVIDIA H200", "9.19.0"),
            "/cache/forebay/cudnn-9.19.0-NVIDIA-H200.json");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(plan_choices_path("NVIDIA H200", "9.19.0"),
            "/home/me/.cache/forebay/cudnn-9.19.0-NVIDIA-H200.json");
}

}  // namespace
}  // namespace forebay::cuda
