#include <forebay/nodes/image/normalise.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

#include <forebay/nodes/image/sample_rows.hpp>
#include <forebay/nodes/widest.hpp>

namespace forebay {
namespace {

constexpr std::size_t kPadding = 3 * 64;  // three vectors may read as many floats too far

// Not pixel * scale + shift, which is rounded once or twice as the compiler has it.
void scale_row(const std::uint8_t* __restrict row, const float* __restrict mean,
               const float* __restrict scale, std::size_t count, float* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = (static_cast<float>(row[i]) - mean[i]) * scale[i];
  }
}

/// `out` has room for one byte more than the row.
void mirror_row(const std::uint8_t* row, int width, int channels, std::uint8_t* out) {
  if (channels == 1) {
    for (int x = 0; x < width; ++x) out[x] = row[width - 1 - x];
    return;
  }
  const std::uint8_t* from = row + 3 * static_cast<std::ptrdiff_t>(width - 1);
  std::memcpy(out, from, 3);
  // Four bytes are one move; the next pixel overwrites the fourth.
  for (int x = 1; x < width; ++x) std::memcpy(out += 3, from -= 3, 4);
}

void copy_row(const std::uint8_t* row, int width, int channels, const detail::SampleRow& to) {
  if (to.format.layout == SampleLayout::kNhwc) {
    std::copy_n(row, width * channels, static_cast<std::uint8_t*>(to.channels[0]));
    return;
  }
  for (int c = 0; c < channels; ++c) {
    auto* const out = static_cast<std::uint8_t*>(to.channels[static_cast<std::size_t>(c)]);
    for (int x = 0; x < width; ++x) out[x] = row[x * channels + c];
  }
}

}  // namespace

Normalise::Normalise(int width, int channels, std::array<float, 3> mean,
                     std::array<float, 3> std_dev) {
  assert(channels == 1 || channels == 3);
  for (int x = 0; x < width; ++x) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      mean_.push_back(mean[c]);
      scale_.push_back(1.0f / std_dev[c]);
    }
  }
}

void Normalise::operator()(const ImageView& image, Mirror mirror, SampleOut out) const {
  const std::size_t count = scale_.size();
  assert(count == static_cast<std::size_t>(image.width * image.channels));
  thread_local std::vector<std::uint8_t> mirrored;
  thread_local std::vector<float> values;
  if (mirrored.size() <= count) mirrored.resize(count + 1);
  if (values.size() < count + kPadding) values.resize(count + kPadding);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.row(y);
    if (mirror == Mirror::kYes) {
      mirror_row(row, image.width, image.channels, mirrored.data());
      row = mirrored.data();
    }
    const detail::SampleRow to =
        detail::sample_row(out, {image.width, image.height}, image.channels, y);
    if (out.format.type == SampleType::kUint8) {
      copy_row(row, image.width, image.channels, to);
    } else if (out.format == SampleFormat{}) {
      widest<scale_row>(row, mean_.data(), scale_.data(), count,
                        static_cast<float*>(to.channels[0]));
    } else {
      widest<scale_row>(row, mean_.data(), scale_.data(), count, values.data());
      detail::write_row(values.data(), static_cast<std::size_t>(image.width), image.channels, to);
    }
  }
}

}  // namespace forebay
