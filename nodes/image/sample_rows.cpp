#include <forebay/nodes/image/sample_rows.hpp>

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "forebay/nodes/image/sample_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace forebay::detail::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;
using hwy::float16_t;

void blend(const std::uint8_t* first, const std::uint8_t* second, int weight, std::size_t count,
           std::int16_t* out) {
  const hn::ScalableTag<std::int16_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const auto of_second = hn::Set(d, static_cast<std::int16_t>(weight));
  const auto of_first = hn::Set(d, static_cast<std::int16_t>(kRowUnit - weight));
  for (std::size_t x = 0; x < count; x += hn::Lanes(d)) {
    const auto a = hn::PromoteTo(d, hn::LoadU(d8, first + x));
    const auto b = hn::PromoteTo(d, hn::LoadU(d8, second + x));
    hn::StoreU(hn::Add(hn::Mul(a, of_first), hn::Mul(b, of_second)), d, out + x);
  }
}

/// Samples `x` and following of a row. Both neighbours are loaded as one number.
HWY_INLINE Vector between_neighbours(const PlaneRow& row, std::size_t x) {
  const Floats d;
  const hn::RebindToSigned<Floats> d32;
  const auto* base = reinterpret_cast<const std::int32_t*>(row.pixels.data());
  const auto both = hn::GatherOffset(d32, base, hn::LoadU(d32, &row.offsets[x]));
  const Vector left = hn::ConvertTo(d, hn::And(both, hn::Set(d32, 0xffff)));
  const Vector right = hn::ConvertTo(d, hn::ShiftRight<16>(both));
  return hn::MulAdd(hn::Sub(right, left), hn::LoadU(d, &row.weights[x]), left);
}

HWY_INLINE Vector limited(Vector value, const ColorMap& map, std::size_t channel) {
  const Floats d;
  return hn::Min(hn::Max(value, hn::Set(d, map.low[channel])), hn::Set(d, map.high[channel]));
}

HWY_INLINE void store(Vector values, bool stream, float* out) {
  const Floats d;
  stream ? hn::Stream(values, d, out) : hn::StoreU(values, d, out);
}

HWY_INLINE void store(Vector values, bool stream, float16_t* out) {
  const hn::Rebind<float16_t, Floats> d;
  const auto halves = hn::DemoteTo(d, values);
  stream ? hn::Stream(halves, d, out) : hn::StoreU(halves, d, out);
}

using Integers = hn::RebindToSigned<Floats>;

/// The nearest integers of values that are 0 or more.
HWY_INLINE hn::Vec<Integers> rounded(Vector values) {
  return hn::ConvertTo(Integers(), hn::Add(values, hn::Set(Floats(), 0.5f)));
}

HWY_INLINE void store(Vector values, bool /*stream*/, std::uint8_t* out) {
  const hn::Rebind<std::uint8_t, Floats> d;
  hn::StoreU(hn::DemoteTo(d, rounded(values)), d, out);  // part of a vector: too little to stream
}

/// All pixels of three vectors, of 0 to 255, side by side. Writes four bytes too far.
HWY_INLINE void store_pixels(Vector r, Vector g, Vector b, std::uint8_t* out) {
  const auto green = hn::ShiftLeft<8>(rounded(g)), blue = hn::ShiftLeft<16>(rounded(b));
  const auto pixels = hn::Or(rounded(r), hn::Or(green, blue));  // in four bytes each
#if HWY_TARGET == HWY_SCALAR
  const std::int32_t pixel = hn::GetLane(pixels);
  std::memcpy(out, &pixel, sizeof(pixel));
#else
  const hn::Repartition<std::uint8_t, Integers> d;
  HWY_ALIGN static constexpr std::uint8_t kThreeOfFour[16] = {0, 1, 2,  4,  5,  6,
                                                              8, 9, 10, 12, 13, 14};
  HWY_ALIGN_MAX std::uint8_t blocks[4 * HWY_LANES(float)];
  hn::Store(hn::TableLookupBytes(hn::BitCast(d, pixels), hn::LoadDup128(d, kThreeOfFour)), d,
            blocks);
  for (std::size_t i = 0; i < hn::Lanes(d) / 16; ++i)
    std::memcpy(out + 12 * i, blocks + 16 * i, 16);
#endif
}

/// Values `at` and following, as many as there are, of `count` that go to `out`.
template <typename T>
HWY_INLINE void put(Vector values, std::size_t at, std::size_t count, bool stream, T* out) {
  const std::size_t lanes = hn::Lanes(Floats());
  if (at + lanes <= count) {
    store(values, stream, out + at);
  } else if (at < count) {
    HWY_ALIGN_MAX T all[HWY_LANES(float)];
    store(values, false, all);
    std::memcpy(out + at, all, (count - at) * sizeof(T));
  }
}

/// A row of samples in memory, as a type and layout that are known when it is compiled.
template <typename T, SampleLayout layout>
class RowOut {
 public:
  static constexpr std::size_t kRuns = layout == SampleLayout::kNhwc ? 1 : 3;

  RowOut(const SampleRow& row, std::size_t count, Stores stores)
      : count_(count), stream_(stores == Stores::kPastCaches) {
    for (std::size_t c = 0; c < kRuns; ++c) {
      channels_[c] = static_cast<T*>(row.channels[c]);
      const auto address = reinterpret_cast<std::uintptr_t>(channels_[c]);
      stream_ = stream_ && address % (hn::Lanes(Floats()) * sizeof(T)) == 0;
    }
  }

  /// Pixels `x` and following.
  HWY_INLINE void put_colors(std::size_t x, Vector r, Vector g, Vector b) const {
    if constexpr (layout == SampleLayout::kNchw) {
      put(r, x, count_, stream_, channels_[0]);
      put(g, x, count_, stream_, channels_[1]);
      put(b, x, count_, stream_, channels_[2]);
    } else if constexpr (sizeof(T) == 1) {
      const std::size_t left = 3 * (count_ - x), whole = 3 * hn::Lanes(Floats());
      if (left >= whole + 4) return store_pixels(r, g, b, channels_[0] + 3 * x);
      T rgb[3 * HWY_LANES(float) + 4];
      store_pixels(r, g, b, rgb);
      std::memcpy(channels_[0] + 3 * x, rgb, std::min(left, whole));
    } else {
      const Floats d;
      const std::size_t lanes = hn::Lanes(d);
      HWY_ALIGN_MAX float rgb[3 * HWY_LANES(float)];
      hn::StoreInterleaved3(r, g, b, d, rgb);
      for (std::size_t i = 0; i < 3; ++i) {
        put(hn::Load(d, rgb + i * lanes), 3 * x + i * lanes, 3 * count_, stream_, channels_[0]);
      }
    }
  }

 private:
  std::size_t count_;
  bool stream_;
  T* channels_[kRuns];
};

template <typename T, typename Write>
HWY_INLINE void with_row_of(const SampleRow& row, std::size_t count, Stores stores, Write write) {
  using enum SampleLayout;
  row.format.layout == kNchw ? write(RowOut<T, kNchw>(row, count, stores))
                             : write(RowOut<T, kNhwc>(row, count, stores));
}

/// Calls `write` with the row as its own type.
template <typename Write>
HWY_INLINE void with_row(const SampleRow& row, std::size_t count, Stores stores, Write write) {
  switch (row.format.type) {
    case SampleType::kFloat32:
      return with_row_of<float>(row, count, stores, write);
    case SampleType::kFloat16:
      return with_row_of<float16_t>(row, count, stores, write);
    case SampleType::kUint8:
      return with_row_of<std::uint8_t>(row, count, stores, write);
  }
}

void write_planes(const PlaneRows& rows, std::size_t count, const ColorMap& map, Stores stores,
                  const SampleRow& row) {
  with_row(row, count, stores, [&](const auto& out) {
    const Floats d;
    for (std::size_t x = 0; x < count; x += hn::Lanes(d)) {
      const Vector y = between_neighbours(rows[0], x);
      const Vector cb = between_neighbours(rows[1], x), cr = between_neighbours(rows[2], x);
      const auto luma = [&](std::size_t c) {
        return hn::MulAdd(y, hn::Set(d, map.y[c]), hn::Set(d, map.constant[c]));
      };
      const Vector red = hn::MulAdd(cr, hn::Set(d, map.red_cr), luma(0));
      const Vector green = hn::MulAdd(cr, hn::Set(d, map.green_cr),
                                      hn::MulAdd(cb, hn::Set(d, map.green_cb), luma(1)));
      const Vector blue = hn::MulAdd(cb, hn::Set(d, map.blue_cb), luma(2));
      out.put_colors(x, limited(red, map, 0), limited(green, map, 1), limited(blue, map, 2));
    }
  });
}

void write_pixels(const float* pixels, std::size_t count, const SampleRow& row) {
  with_row(row, count, Stores::kThroughCaches, [&](const auto& out) {
    const Floats d;
    for (std::size_t x = 0; x < count; x += hn::Lanes(d)) {
      Vector r, g, b;
      hn::LoadInterleaved3(d, pixels + 3 * x, r, g, b);
      out.put_colors(x, r, g, b);
    }
  });
}

void write_gray(const float* pixels, std::size_t count, const SampleRow& row) {
  const Floats d;
  for (std::size_t x = 0; x < count; x += hn::Lanes(d)) {
    const Vector values = hn::LoadU(d, pixels + x);
    if (row.format.type == SampleType::kFloat16) {
      put(values, x, count, false, static_cast<float16_t*>(row.channels[0]));
    } else {
      put(values, x, count, false, static_cast<float*>(row.channels[0]));
    }
  }
}

}  // namespace forebay::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace forebay::detail {

HWY_EXPORT(blend);
HWY_EXPORT(write_planes);
HWY_EXPORT(write_pixels);
HWY_EXPORT(write_gray);

SampleRow sample_row(const SampleOut& out, ImageSize size, int channels, int y) {
  auto* values = static_cast<std::byte*>(out.values);
  const std::size_t width = static_cast<std::size_t>(size.width) * value_bytes(out.format.type);
  const auto row = static_cast<std::size_t>(y), count = static_cast<std::size_t>(channels);
  SampleRow result{.format = out.format};
  if (out.format.layout == SampleLayout::kNhwc) {
    result.channels[0] = values + row * count * width;
    return result;
  }
  for (std::size_t c = 0; c < count; ++c) {
    result.channels[c] = values + (c * static_cast<std::size_t>(size.height) + row) * width;
  }
  return result;
}

void blend_rows(const std::uint8_t* first, const std::uint8_t* second, int weight,
                std::size_t count, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(blend)(first, second, weight, count, out);
}

void write_row(const PlaneRows& rows, std::size_t count, const ColorMap& map, Stores stores,
               const SampleRow& out) {
  HWY_DYNAMIC_DISPATCH(write_planes)(rows, count, map, stores, out);
}

void write_row(const float* pixels, std::size_t count, int channels, const SampleRow& out) {
  if (channels == 1) {
    HWY_DYNAMIC_DISPATCH(write_gray)(pixels, count, out);
  } else {
    HWY_DYNAMIC_DISPATCH(write_pixels)(pixels, count, out);
  }
}

}  // namespace forebay::detail
#endif
