#pragma once

// Element functions of pooling, NHWC, on packs of channels.

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// What max pooling goes over: `rows` images, `channels` a multiple of kPack, square windows.
struct PoolShape {
  Index rows, height, width, channels;
  Index out_height, out_width;
  Index kernel, stride, padding;  // kernel * kernel <= 255

  __host__ __device__ Index packs() const { return channels / kPack; }
  __host__ __device__ Index inputs() const { return rows * height * width * packs(); }
  __host__ __device__ Index outputs() const { return rows * out_height * out_width * packs(); }

  /// In one direction, which windows have the input at `place`, of `count`: none where the first is
  /// behind the last.
  __host__ __device__ Index first_window(Index place) const {
    return place + padding < kernel ? 0 : (place + padding - kernel) / stride + 1;
  }
  __host__ __device__ Index last_window(Index place, Index count) const {
    const Index last = (place + padding) / stride;
    return last < count ? last : count - 1;
  }
};

/// One pack of outputs, and for each the place of the largest value in its window: the first of
/// equal ones, and what is not a number before all, as PyTorch has it.
template <class Value>
struct MaxPool {
  PoolShape shape;
  const Value* x;
  Value* y;
  std::uint8_t* places;  // as many as `y`

  __host__ __device__ void operator()(Index output) const {
    const Index pack = output % shape.packs(), pixel = output / shape.packs();
    const Index across = pixel % shape.out_width, down = pixel / shape.out_width % shape.out_height;
    const Index row = pixel / shape.out_width / shape.out_height;
    float best[kPack] = {};
    Pack<std::uint8_t> place{};
    bool first = true;
    for (Index ky = 0; ky < shape.kernel; ++ky) {
      // Above the image the difference wraps to far below it.
      const Index h = down * shape.stride + ky - shape.padding;
      if (h >= shape.height) continue;
      for (Index kx = 0; kx < shape.kernel; ++kx) {
        const Index w = across * shape.stride + kx - shape.padding;
        if (w >= shape.width) continue;
        const auto here = static_cast<std::uint8_t>(ky * shape.kernel + kx);
        const std::size_t at =
            ((std::size_t{row} * shape.height + h) * shape.width + w) * shape.channels;
        const Pack<Value> values = pack_at(x, at + pack * kPack);
        for (Index i = 0; i < kPack; ++i) {
          const float value = to_float(values.values[i]);
          if (!first && !(value > best[i]) && value == value) continue;
          best[i] = value;
          place.values[i] = here;
        }
        first = false;
      }
    }
    Pack<Value> largest;
    for (Index i = 0; i < kPack; ++i) largest.values[i] = from_float<Value>(best[i]);
    pack_at(y, std::size_t{output} * kPack) = largest;
    pack_at(places, std::size_t{output} * kPack) = place;
  }
};

/// One pack of input gradients: the sum over the windows whose largest value was there.
template <class Value>
struct MaxPoolBackward {
  PoolShape shape;
  const Value* dy;
  const std::uint8_t* places;
  Value* dx;

  __host__ __device__ void operator()(Index input) const {
    const Index pack = input % shape.packs(), pixel = input / shape.packs();
    const Index w = pixel % shape.width, h = pixel / shape.width % shape.height;
    const Index row = pixel / shape.width / shape.height;
    float sum[kPack] = {};
    const Index last_down = shape.last_window(h, shape.out_height);
    const Index last_across = shape.last_window(w, shape.out_width);
    for (Index down = shape.first_window(h); down <= last_down; ++down) {
      const Index ky = h + shape.padding - down * shape.stride;
      for (Index across = shape.first_window(w); across <= last_across; ++across) {
        const Index kx = w + shape.padding - across * shape.stride;
        const std::size_t at =
            ((std::size_t{row} * shape.out_height + down) * shape.out_width + across) *
                shape.channels +
            pack * kPack;
        const Pack<Value> gradient = pack_at(dy, at);
        const Pack<std::uint8_t> place = pack_at(places, at);
        for (Index i = 0; i < kPack; ++i) {
          if (place.values[i] == ky * shape.kernel + kx) sum[i] += to_float(gradient.values[i]);
        }
      }
    }
    Pack<Value> total;
    for (Index i = 0; i < kPack; ++i) total.values[i] = from_float<Value>(sum[i]);
    pack_at(dx, std::size_t{input} * kPack) = total;
  }
};

/// The mean over an image's pixels of one pack of channels: rows x channels / kPack elements.
template <class Value>
struct AveragePool {
  const Value* x;
  Index pixels, channels;
  Value* y;

  __host__ __device__ void operator()(Index element) const {
    const Index packs = channels / kPack, row = element / packs;
    const std::size_t first =
        std::size_t{row} * pixels * channels + std::size_t{element % packs} * kPack;
    float sum[kPack] = {};
    for (Index pixel = 0; pixel < pixels; ++pixel) {
      const Pack<Value> values = pack_at(x, first + std::size_t{pixel} * channels);
      for (Index i = 0; i < kPack; ++i) sum[i] += to_float(values.values[i]);
    }
    Pack<Value> mean;
    for (Index i = 0; i < kPack; ++i) {
      mean.values[i] = from_float<Value>(sum[i] * (1 / static_cast<float>(pixels)));
    }
    pack_at(y, std::size_t{element} * kPack) = mean;
  }
};

/// The gradient of that: one pack of rows x pixels x channels / kPack.
template <class Value>
struct AveragePoolBackward {
  const Value* dy;
  Index pixels, channels;
  Value* dx;

  __host__ __device__ void operator()(Index element) const {
    const Index packs = channels / kPack, row = element / packs / pixels;
    const Pack<Value> gradient = pack_at(dy, (std::size_t{row} * packs + element % packs) * kPack);
    Pack<Value> share;
    for (Index i = 0; i < kPack; ++i) {
      share.values[i] =
          from_float<Value>(to_float(gradient.values[i]) * (1 / static_cast<float>(pixels)));
    }
    pack_at(dx, std::size_t{element} * kPack) = share;
  }
};

}  // namespace forebay::cuda
