// He et al., "Deep Residual Learning for Image Recognition", 2015, as torchvision has it: in a
// bottleneck the 3x3 convolution carries the stride ("v1.5").

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/network/builder.hpp>

namespace forebay {
namespace {

struct BlockShape {
  int channels = 0;   // of the 3x3 convolutions
  int expansion = 1;  // channels of the block's output, in multiples of `channels`
  int stride = 1;
};

int convolution_norm(NetworkBuilder& builder, const std::string& block, int number, int from,
                     int channels, Window window) {
  const int x =
      builder.convolution(fmt::format("{}.conv{}", block, number), from, channels, window);
  return builder.norm(fmt::format("{}.bn{}", block, number), x);
}

/// Two 3x3 convolutions, or 1x1, 3x3, 1x1 where the block expands; plus its input, projected where
/// the shape changes.
int residual_block(NetworkBuilder& builder, const std::string& name, int from, int input_channels,
                   BlockShape shape) {
  const Window wide{.kernel = 3, .stride = shape.stride, .padding = 1};
  const Window same{.kernel = 3, .stride = 1, .padding = 1};
  const bool bottleneck = shape.expansion > 1;
  const int output_channels = shape.channels * shape.expansion;

  int x = convolution_norm(builder, name, 1, from, shape.channels, bottleneck ? Window{} : wide);
  x = builder.relu(name + ".relu1", x);
  x = convolution_norm(builder, name, 2, x, shape.channels, bottleneck ? wide : same);
  if (bottleneck) {
    x = builder.relu(name + ".relu2", x);
    x = convolution_norm(builder, name, 3, x, output_channels, Window{});
  }
  int shortcut = from;
  if (shape.stride != 1 || input_channels != output_channels) {
    shortcut = builder.convolution(name + ".downsample.0", from, output_channels,
                                   {.kernel = 1, .stride = shape.stride});
    shortcut = builder.norm(name + ".downsample.1", shortcut);
  }
  return builder.relu(name + ".relu", builder.add(name + ".add", x, shortcut));
}

struct Stages {
  std::vector<int> blocks;
  int channels = 64;  // of the first stage; doubled with each
  int expansion = 1;
};

int residual_stages(NetworkBuilder& builder, int from, const Stages& stages) {
  int x = from, input_channels = stages.channels;
  for (std::size_t stage = 0; stage < stages.blocks.size(); ++stage) {
    BlockShape shape{stages.channels << stage, stages.expansion, stage == 0 ? 1 : 2};
    for (int block = 0; block < stages.blocks[stage]; ++block) {
      x = residual_block(builder, fmt::format("layer{}.{}", stage + 1, block), x, input_channels,
                         shape);
      input_channels = shape.channels * shape.expansion;
      shape.stride = 1;
    }
  }
  return x;
}

}  // namespace

Network resnet(int depth, ImageShape input, int classes) {
  static const std::map<int, Stages> kDepths{
      {18, {{2, 2, 2, 2}, 64, 1}},   {34, {{3, 4, 6, 3}, 64, 1}},   {50, {{3, 4, 6, 3}, 64, 4}},
      {101, {{3, 4, 23, 3}, 64, 4}}, {152, {{3, 8, 36, 3}, 64, 4}}, {20, {{3, 3, 3}, 16, 1}},
      {56, {{9, 9, 9}, 16, 1}}};
  const auto found = kDepths.find(depth);
  if (found == kDepths.end()) {
    throw Error(
        fmt::format("resnet: there is no network of depth {}; give 18, 34, 50, 101 or 152, "
                    "or for small images 20 or 56",
                    depth));
  }
  const Stages& stages = found->second;
  NetworkBuilder builder(fmt::format("resnet-{}", depth), input, classes);
  const bool small = stages.channels == 16;
  const Window stem = small ? Window{.kernel = 3, .stride = 1, .padding = 1}
                            : Window{.kernel = 7, .stride = 2, .padding = 3};
  int x = builder.relu("relu",
                       builder.norm("bn1", builder.convolution("conv1", 0, stages.channels, stem)));
  if (!small) x = builder.max_pool("maxpool", x, {.kernel = 3, .stride = 2, .padding = 1});
  x = residual_stages(builder, x, stages);
  x = builder.flatten("flatten", builder.global_average_pool("avgpool", x));
  builder.linear("fc", x, classes);
  return std::move(builder).finish();
}

}  // namespace forebay
