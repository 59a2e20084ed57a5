#include <forebay/nodes/network/builder.hpp>

namespace forebay {

Network mlp(ImageShape input, int classes) {
  NetworkBuilder builder("mlp", input, classes);
  int x = builder.relu("relu1", builder.linear("fc1", builder.flatten("flatten", 0), 128));
  x = builder.relu("relu2", builder.linear("fc2", x, 64));
  builder.linear("fc3", x, classes);
  return std::move(builder).finish();
}

}  // namespace forebay
