#pragma once

// Appends layers to a network and works out their shapes, parameters and buffers.

#include <string>
#include <utility>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// How a window moves over an image; it is square.
struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};

/// Each function appends one layer that reads layer `from` and returns its index, for the next
/// layers to read. Throws `Error` for sizes below 1, where a window does not fit the image, and
/// where a linear layer would read images.
class NetworkBuilder {
 public:
  NetworkBuilder(std::string name, ImageShape input, int classes);

  int convolution(const std::string& name, int from, int channels, Window window,
                  bool bias = false);
  int norm(const std::string& name, int from);
  int relu(const std::string& name, int from);
  int max_pool(const std::string& name, int from, Window window);
  int global_average_pool(const std::string& name, int from);
  int add(const std::string& name, int a, int b);
  int flatten(const std::string& name, int from);
  int linear(const std::string& name, int from, int features);

  /// The network so far; its last layer gives the logits.
  Network finish() && { return std::move(network_); }

 private:
  int append(Layer layer);
  void add_parameter(const std::string& suffix, TensorShape shape, ParameterRole role);
  void add_buffer(const std::string& suffix, int size, float initial);
  void check_outputs(const std::string& name, int outputs) const;
  ImageShape slide(const std::string& name, int from, Window window) const;
  const ImageShape& shape(int layer) const;

  Network network_;
};

}  // namespace forebay
