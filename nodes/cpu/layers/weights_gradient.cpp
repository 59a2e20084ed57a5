#include <forebay/nodes/cpu/layers/weights_gradient.hpp>

#include <algorithm>
#include <cstdlib>

#include <forebay/nodes/cpu/amx.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {
namespace {

using amx::kPixels;
using amx::kTileSize;

constexpr std::size_t kBlock = 2 * kPixels;    // pixels copied to the line at a time
constexpr std::size_t kCache = 512 << 10;      // bytes of a strip, a part of the second-level cache
constexpr std::size_t kBlockSums = 256 << 10;  // bytes of sums for which a block is worth it

std::size_t groups_of(const ImageShape& shape) {
  return static_cast<std::size_t>(shape.channels) / amx::kChannels;
}

std::size_t divided(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// Where a place of the window at `at` lies: so many steps on, from this row or column.
struct Steps {
  int steps = 0, from = 0;
};
Steps steps_of(int at, int stride) {
  const int from = (at % stride + stride) % stride;
  return {(at - from) / stride, from};
}

/// Rows (or columns) of the line for an image, so that no window meets another image's pixels:
/// those behind an image are also those in front of the next one.
int line_size(int input, int output, const Patches& window) {
  int first = 0, last = 0, pixels = 0;
  for (int i = 0; i < window.kernel; ++i) {
    const auto [steps, from] = steps_of(i - window.padding, window.stride);
    first = std::min(first, steps);
    last = std::max(last, steps);
    pixels = std::max(pixels, (input - from + window.stride - 1) / window.stride);
  }
  return std::max(pixels - first, output + last);
}

}  // namespace

bool WeightsGradient::suits(const Patches& window) {
  const auto whole = [](const ImageShape& shape) { return shape.channels % amx::kChannels == 0; };
  return amx::available() && whole(window.input) && whole(window.output);
}

bool WeightsGradient::suits_blocks(const Patches& window) {
  const std::size_t values = static_cast<std::size_t>(window.output.channels) * window.size();
  return values * sizeof(float) <= kBlockSums;
}

WeightsGradient::WeightsGradient(const Patches& window, std::size_t rows, std::size_t batch)
    : window_(window),
      in_blocks_(rows < batch),
      rows_(rows),
      left_groups_(groups_of(window.output)),
      right_groups_(groups_of(window.input)) {
  lay_out();
}

void WeightsGradient::lay_out() {
  const auto& [input, output, kernel, stride, padding] = window_;
  left_line_ = {.image = output,
                .rows = line_size(input.height, output.height, window_),
                .pitch = line_size(input.width, output.width, window_),
                .images = rows_};
  line_tiles_ =
      divided(rows_ * static_cast<std::size_t>(left_line_.rows * left_line_.pitch), kPixels);
  for (int top = 0; top < stride; ++top) {
    for (int left = 0; left < stride; ++left) {
      add_places(top, left, false);
      add_places(top, left, true);
    }
  }
  for (const Place& place : places_) {
    margin_ = std::max(margin_, static_cast<std::size_t>(std::abs(place.shift)) + 1);
  }
  margin_ = divided(margin_, 2) * 2;
}

void WeightsGradient::add_places(int top, int left, bool odd) {
  ImageLine line = left_line_;
  line.image = window_.input;
  line.step = window_.stride;
  line.top = top;
  line.left = left;
  const std::size_t before = places_.size();
  for (int i = 0; i < window_.kernel * window_.kernel; ++i) {
    const Steps y = steps_of(i / window_.kernel - window_.padding, window_.stride);
    const Steps x = steps_of(i % window_.kernel - window_.padding, window_.stride);
    const int shift = y.steps * line.pitch + x.steps;
    if (y.from != top || x.from != left || (shift % 2 != 0) != odd) continue;
    places_.push_back({factors_.size(), static_cast<std::size_t>(i), shift});
  }
  if (places_.size() > before) factors_.push_back({line, odd});
}

void WeightsGradient::plan(Planner& planner) {
  share_out(planner.threads);
  const auto columns = static_cast<std::size_t>(columns_);
  const auto threads = static_cast<std::size_t>(threads_);
  left_buffer_ = planner.write_values<Bfloat16>(columns * left_groups_ * left_size());
  right_buffer_ =
      planner.write_values<Bfloat16>(columns * factors_.size() * right_groups_ * right_size());
  pixels_buffer_ = planner.write_values<Bfloat16>(threads * pixels_size());
  sums_buffer_ = planner.write_floats((keeps_sums() ? columns * pairs() : threads) * sums_size());
}

std::size_t WeightsGradient::pixels_size() const {
  const int channels = std::max(window_.input.channels, window_.output.channels);
  return (kBlock + 1) * static_cast<std::size_t>(channels);
}

Bfloat16* WeightsGradient::left(int part, std::size_t group) const {
  return left_ + (static_cast<std::size_t>(part / shares_) * left_groups_ + group) * left_size();
}

Bfloat16* WeightsGradient::right(int part, std::size_t factor, std::size_t group) const {
  const std::size_t index = static_cast<std::size_t>(part / shares_) * factors_.size() + factor;
  return right_ + (index * right_groups_ + group) * right_size();
}

Bfloat16* WeightsGradient::pixels(int part) const {
  return pixels_ + static_cast<std::size_t>(part) * pixels_size();
}

float* WeightsGradient::sums(int column, std::size_t pair) const {
  return sums_ + (static_cast<std::size_t>(column) * pairs() + pair) * sums_size();
}

void WeightsGradient::share_out(int threads) {
  threads_ = threads;
  columns_ = 1;
  while (threads % columns_ != 0 || static_cast<std::size_t>(threads / columns_) > pairs()) {
    ++columns_;
  }
  shares_ = threads / columns_;
  const std::size_t tile_bytes =
      sizeof(Bfloat16) * kTileSize * (left_groups_ + factors_.size() * right_groups_);
  // Sums that leave the cache are worth a longer strip.
  const std::size_t bytes = std::max(kCache, pairs() * sums_size() * sizeof(float));
  const std::size_t most =
      std::max<std::size_t>(static_cast<std::size_t>(shares_) * bytes / tile_bytes, 1);
  const std::size_t tiles = divided(line_tiles_, static_cast<std::size_t>(columns_));
  strips_ = divided(tiles, most);
  strip_tiles_ = divided(tiles, strips_);
}

void WeightsGradient::bind(const Arena& arena) {
  left_ = arena.values<Bfloat16>(left_buffer_);
  right_ = arena.values<Bfloat16>(right_buffer_);
  pixels_ = arena.values<Bfloat16>(pixels_buffer_);
  sums_ = arena.floats(sums_buffer_);
}

void WeightsGradient::compute(const Bfloat16* input, const Bfloat16* output_gradient, bool first,
                              bool last, float* gradient) const {
  for (std::size_t i = 0; i < strips_; ++i) {
    for_each_part(threads_, [&](int part) {
      const Strip strip = this->strip(part, i, first, last);
      pack_left(output_gradient, part, strip);
      pack_right(input, part, strip);
    });
    for_each_part(threads_,
                  [&](int part) { multiply(part, this->strip(part, i, first, last), gradient); });
  }
  if (last && columns_ > 1) for_each_part(threads_, [&](int part) { add_columns(part, gradient); });
}

WeightsGradient::Strip WeightsGradient::strip(int part, std::size_t index, bool first,
                                              bool last) const {
  const Part column = part_of(line_tiles_, part / shares_, columns_);
  const std::size_t begin = std::min(column.begin + index * strip_tiles_, column.end);
  return {begin, std::min(strip_tiles_, column.end - begin), first && index == 0,
          last && index + 1 == strips_};
}

void WeightsGradient::pack_left(const Bfloat16* output_gradient, int part,
                                const Strip& strip) const {
  const auto channels = static_cast<std::size_t>(window_.output.channels);
  Bfloat16* pixels = this->pixels(part);
  const Part own = part_of(strip.tiles, part % shares_, shares_);
  for (std::size_t tile = own.begin; tile < own.end; ++tile) {
    const auto begin = static_cast<std::ptrdiff_t>((strip.begin + tile) * kPixels);
    copy_line(output_gradient, left_line_, begin, kPixels, pixels);
    for (std::size_t group = 0; group < left_groups_; ++group) {
      amx::pack_left(pixels + group * amx::kChannels, channels,
                     left(part, group) + tile * kTileSize);
    }
  }
}

void WeightsGradient::pack_right(const Bfloat16* input, int part, const Strip& strip) const {
  const auto channels = static_cast<std::size_t>(window_.input.channels);
  Bfloat16* pixels = this->pixels(part);
  const std::size_t size = strip.tiles * kPixels + 2 * margin_;
  const Part own = part_of(divided(size, kBlock), part % shares_, shares_);
  for (std::size_t block = own.begin; block < own.end; ++block) {
    const std::size_t at = block * kBlock, count = std::min(kBlock, size - at);
    const auto begin = static_cast<std::ptrdiff_t>(strip.begin * kPixels + at) -
                       static_cast<std::ptrdiff_t>(margin_);
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      const Factor& factor = factors_[i];
      const bool copied = i > 0 && factors_[i - 1].line == factor.line;
      if (!copied) copy_line(input, factor.line, begin, count + 1, pixels);
      for (std::size_t group = 0; group < right_groups_; ++group) {
        amx::pack_right(pixels + (factor.odd ? channels : 0) + group * amx::kChannels, channels,
                        count / 2, right(part, i, group) + at * amx::kChannels);
      }
    }
  }
}

void WeightsGradient::multiply(int part, const Strip& strip, float* gradient) const {
  const amx::Tiles tiles;
  const Part own = part_of(pairs(), part % shares_, shares_);
  for (std::size_t pair = own.begin; pair < own.end; ++pair) {
    float* sums = keeps_sums() ? this->sums(part / shares_, pair)
                               : sums_ + static_cast<std::size_t>(part) * sums_size();
    multiply_pair(pair, part, strip, sums);
    if (strip.last && columns_ == 1) store(pair, sums, gradient);
  }
}

void WeightsGradient::multiply_pair(std::size_t pair, int part, const Strip& strip,
                                    float* sums) const {
  const std::size_t calls = divided(places_.size(), amx::kMostFactors);
  const Bfloat16* left = this->left(part, pair % left_groups_);
  for (std::size_t call = 0; call < calls; ++call) {
    const Bfloat16* rights[amx::kMostFactors];
    float* to[amx::kMostFactors];
    const Part own = part_of(places_.size(), static_cast<int>(call), static_cast<int>(calls));
    for (std::size_t i = own.begin; i < own.end; ++i) {
      const auto& [factor, index, shift] = places_[i];
      const std::ptrdiff_t pixel =
          shift - (factors_[factor].odd ? 1 : 0) + static_cast<std::ptrdiff_t>(margin_);
      rights[i - own.begin] = right(part, factor, pair / left_groups_) +
                              pixel * static_cast<std::ptrdiff_t>(amx::kChannels);
      to[i - own.begin] = sums + index * amx::kSums;
    }
    amx::multiply(left, rights, own.size(), strip.tiles, !strip.first, to);
  }
}

void WeightsGradient::add_columns(int part, float* gradient) const {
  const Part own = part_of(pairs(), part, threads_);
  for (std::size_t pair = own.begin; pair < own.end; ++pair) {
    float* all = sums(0, pair);
    for (int column = 1; column < columns_; ++column) {
      const float* more = sums(column, pair);
      for (std::size_t i = 0; i < sums_size(); ++i) all[i] += more[i];
    }
    store(pair, all, gradient);
  }
}

void WeightsGradient::store(std::size_t pair, const float* sums, float* gradient) const {
  const std::size_t places = places_.size();
  const std::size_t output = pair % left_groups_ * amx::kChannels;
  const std::size_t input = pair / left_groups_ * amx::kChannels;
  for (std::size_t o = 0; o < amx::kChannels; ++o) {
    const std::size_t row = (output + o) * right_groups_ * amx::kChannels + input;
    for (std::size_t place = 0; place < places; ++place) {
      for (std::size_t i = 0; i < amx::kChannels; ++i) {
        gradient[(row + i) * places + place] = sums[place * amx::kSums + o * amx::kChannels + i];
      }
    }
  }
}

}  // namespace forebay
