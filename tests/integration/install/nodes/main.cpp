// Something of every library behind the nodes: libjpeg, OpenCV, oneDNN, JSON.

#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/image/resize.hpp>
#include <forebay/nodes/train/replica.hpp>

#include <algorithm>
#include <iostream>

int main() {
  forebay::Image image = forebay::ImagePool().take(30, 40, 3);
  std::fill_n(image.row(0), image.bytes(), std::uint8_t{100});
  const auto jpeg = forebay::encode_jpeg(image);
  const auto png = forebay::encode_png(
      forebay::resize(forebay::decode(jpeg, image.pool()), {.width = 20, .height = 15}));

  const forebay::Network network = forebay::mlp();
  forebay::Weights weights(network);
  weights.initialise(1);
  const auto replica = forebay::make_cpu_replica(network, {.rows = 2});
  replica->load_parameters(weights, 0, weights.parameters().size());
  const std::vector<float> pixels(2 * 28 * 28, 0.5f);
  const std::vector<int> labels = {3, 7};
  const auto result = replica->evaluate({pixels.data(), labels, 2});

  std::cout << forebay::decode(png, image.pool()).width() << " pixels, " << result.rows
            << " rows\n";
}
