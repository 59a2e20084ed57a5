#pragma once

// Weights of a convolution, as the convolution that gives the gradient of its input wants them.
//
// Where windows move by one pixel, that gradient is a convolution of the output's gradient: input
// and output channels change places, and windows are turned by half.

#include <oneapi/dnnl/dnnl.hpp>

namespace forebay {

/// torchvision's plain weights, output channels x input channels x window, with the channels'
/// places changed; the same memory.
dnnl::memory::desc swapped_channels(const dnnl::memory::desc& plain);

/// Whether windows can be turned in a packed layout: a part of each place of the window is in one
/// piece, and those of all places follow each other.
bool can_turn_windows(const dnnl::memory::desc& packed);

/// Turns the windows of packed weights in place.
void turn_windows(const dnnl::memory::desc& packed, void* weights);

}  // namespace forebay
