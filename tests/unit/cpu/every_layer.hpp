#pragma once

// Networks in which every kind of layer occurs, in every way it is compiled.

#include <string>
#include <utility>

#include <forebay/nodes/network/builder.hpp>

namespace forebay::reference {

/// Adds layers on images, the inner ones with `width` channels. Returns the last.
inline int add_image_layers(NetworkBuilder& builder, int width) {
  const Window three{.kernel = 3, .stride = 1, .padding = 1};
  int x = builder.convolution("conv1", 0, 8, three, true);
  x = builder.max_pool("pool", builder.relu("relu1", x), {.kernel = 3, .stride = 2, .padding = 1});
  // An add that its norm takes over, with a projection that has a norm of its own.
  int y = builder.relu("relu2", builder.norm("bn2", builder.convolution("conv2", x, 8, three)));
  y = builder.norm("bn3", builder.convolution("conv3", y, width, three));
  const int projection = builder.norm("bn4", builder.convolution("conv4", x, width, Window{}));
  x = builder.relu("relu3", builder.add("add1", y, projection));
  // Adds that stand alone, one without a ReLU; three layers read x, so its gradient has three
  // terms.
  y = builder.relu("relu4", builder.add("add2", builder.convolution("conv5", x, width, three), x));
  return builder.add("add3", y, builder.convolution("conv6", x, width, Window{}));
}

inline Network every_layer() {
  NetworkBuilder builder("every-layer", {2, 12, 12}, 4);
  int x = add_image_layers(builder, 12);
  // A norm without a ReLU, and linear layers after a flattened and after an averaged image.
  x = builder.norm("bn5", builder.convolution("conv7", x, 6, {.kernel = 3, .stride = 2}));
  int y = builder.relu("relu5", builder.linear("fc1", builder.flatten("flatten1", x), 10));
  const int mean = builder.flatten("flatten2", builder.global_average_pool("mean", x));
  y = builder.add("add4", y, builder.linear("fc2", mean, 10));
  builder.linear("fc3", y, 4);
  return std::move(builder).finish();
}

/// Those that a GPU runs: channels in whole packs of eight, and no linear layer on images.
inline Network every_gpu_layer() {
  NetworkBuilder builder("every-layer", {2, 12, 12}, 5);
  int x = add_image_layers(builder, 16);
  x = builder.norm("bn5", builder.convolution("conv7", x, 24, {.kernel = 3, .stride = 2}));
  const int mean = builder.flatten("flatten", builder.global_average_pool("mean", x));
  builder.linear("fc2", builder.relu("relu5", builder.linear("fc1", mean, 10)), 5);
  return std::move(builder).finish();
}

/// A bottleneck of a ResNet, of `width` channels, after a stem; also for GPUs.
inline Network bottleneck(int width = 8) {
  NetworkBuilder builder("bottleneck", {3, 9, 9}, 5);
  const auto norm = [&](const std::string& number, int from, int channels, Window window) {
    return builder.norm("bn" + number,
                        builder.convolution("conv" + number, from, channels, window));
  };
  const int x = builder.relu("relu1", norm("1", 0, 2 * width, {.kernel = 3, .padding = 1}));
  int y = builder.relu("relu2", norm("2", x, width, {}));
  y = builder.relu("relu3", norm("3", y, width, {.kernel = 3, .stride = 2, .padding = 1}));
  y = norm("4", y, 4 * width, {});
  y = builder.add("add", y, norm("5", x, 4 * width, {.stride = 2}));
  const int mean = builder.global_average_pool("mean", builder.relu("relu4", y));
  builder.linear("fc", builder.flatten("flatten", mean), 5);
  return std::move(builder).finish();
}

}  // namespace forebay::reference
