#pragma once

// The way of images into the network: normalised, and with four channels.

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// One pixel of NHWC images with 1 to 4 channels: out = (in - mean) * scale in each, with the bits
/// of the CPU's `Normalise`, and 0 in those up to four. cuDNN copies images of three channels to
/// such by itself, in 400 kB for each image.
template <class From, class To>
struct PadImages {
  struct alignas(4 * sizeof(To)) Pixel {
    To values[4];
  };

  const From* in;
  To* out;  // starts on a pixel
  Index channels;
  float mean[4] = {};
  float scale[4] = {1, 1, 1, 1};  // 1 / standard deviation

  __host__ __device__ void operator()(Index pixel) const {
    Pixel padded;
    for (Index c = 0; c < 4; ++c) {
      const float value =
          c < channels
              ? (static_cast<float>(in[std::size_t{pixel} * channels + c]) - mean[c]) * scale[c]
              : 0.0F;
      padded.values[c] = from_float<To>(value);
    }
    reinterpret_cast<Pixel*>(out)[pixel] = padded;
  }
};

}  // namespace forebay::cuda
