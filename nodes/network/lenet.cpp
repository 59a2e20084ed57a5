#include <forebay/nodes/network/builder.hpp>

namespace forebay {

Network lenet(ImageShape input, int classes) {
  NetworkBuilder builder("lenet", input, classes);
  const Window five{.kernel = 5}, pool{.kernel = 2, .stride = 2};
  int x = builder.relu("relu1", builder.convolution("conv1", 0, 20, five, true));
  x = builder.max_pool("pool1", x, pool);
  x = builder.relu("relu2", builder.convolution("conv2", x, 50, five, true));
  x = builder.max_pool("pool2", x, pool);
  x = builder.relu("relu3", builder.linear("fc1", builder.flatten("flatten", x), 500));
  builder.linear("fc2", x, classes);
  return std::move(builder).finish();
}

}  // namespace forebay
