#pragma once

// A network as devices run it: without the layers that others do on the way.

#include <vector>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// One or more layers that are computed together. Tensors are numbered; 0 is the images.
struct FusedLayer {
  LayerKind kind = LayerKind::kInput;
  int layer = 0;   // in Network::layers; the batch norm where an add is part of it
  int input = -1;  // tensors; -1 is none
  int other = -1;  // what is added: of kAdd, and of kBatchNorm with an add
  int output = 0;
  bool relu = false;  // that follows and is part of it
};

/// Layers in the order they run.
struct FusedNetwork {
  std::vector<FusedLayer> layers;
  std::vector<ImageShape> tensors;  // the last is the network's result
};

/// A norm takes over the ReLU that alone reads it, and the add that alone reads it with that one's
/// ReLU; an add takes over its ReLU; flatten is free. Throws `Error` where a layer but a linear one
/// reads a flattened image, where nothing reads a layer before the last, and where that one does
/// not give a value per class.
FusedNetwork fuse(const Network& network);

}  // namespace forebay
