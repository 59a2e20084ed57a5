#pragma once

// The gradient of a convolution's weights as a product of matrices for each place of its window, on
// AMX.

#include <cstddef>
#include <vector>

#include <forebay/nodes/cpu/amx.hpp>
#include <forebay/nodes/cpu/layers/image_line.hpp>
#include <forebay/nodes/cpu/layers/patches.hpp>
#include <forebay/nodes/memory/planner.hpp>

namespace forebay {

/// Lays the output's gradients and the input each on one line of pixels, so that what meets at a
/// place of the window lies the same distance apart everywhere: the gradient there is the product
/// of two matrices, of which one is shifted. Both are packed once for all places, and a strip of
/// the line at a time, which stays in the cache.
class WeightsGradient {
 public:
  /// Whether it can be computed so on this CPU.
  static bool suits(const Patches& window);

  /// Whether sums are so few, where it suits, that they may leave the registers after every block.
  static bool suits_blocks(const Patches& window);

  /// `rows` come at once, of a batch of `batch` rows.
  WeightsGradient(const Patches& window, std::size_t rows, std::size_t batch);

  /// Asks for scratch memory of now.
  void plan(Planner& planner);
  void bind(const Arena& arena);

  /// Takes rows into the gradient, the first of a batch or further ones, and with the last writes
  /// it in torchvision's layout; the same bits for the same number of threads.
  void compute(const Bfloat16* input, const Bfloat16* output_gradient, bool first, bool last,
               float* gradient) const;

 private:
  /// Pixels of the input that places of the window meet, in pairs from an even or an odd one on.
  struct Factor {
    ImageLine line;
    bool odd = false;
  };
  /// A place of the window: the input's pixel that an output's meets lies `shift` further on.
  struct Place {
    std::size_t factor = 0, index = 0;
    std::ptrdiff_t shift = 0;
  };
  /// What the threads of a column work on together, in tiles of pixels.
  struct Strip {
    std::size_t begin = 0, tiles = 0;
    bool first = false, last = false;
  };

  void lay_out();
  void add_places(int top, int left, bool odd);
  void share_out(int threads);
  Strip strip(int part, std::size_t index, bool first, bool last) const;
  void pack_left(const Bfloat16* output_gradient, int part, const Strip& strip) const;
  void pack_right(const Bfloat16* input, int part, const Strip& strip) const;
  void multiply(int part, const Strip& strip, float* gradient) const;
  void multiply_pair(std::size_t pair, int part, const Strip& strip, float* sums) const;
  void add_columns(int part, float* gradient) const;
  void store(std::size_t pair, const float* sums, float* gradient) const;

  std::size_t pairs() const { return left_groups_ * right_groups_; }
  bool keeps_sums() const { return in_blocks_ || strips_ > 1 || columns_ > 1; }
  // In values, of a part's or a group's.
  std::size_t left_size() const { return strip_tiles_ * amx::kTileSize; }
  std::size_t right_size() const { return left_size() + 2 * margin_ * amx::kChannels; }
  std::size_t pixels_size() const;
  std::size_t sums_size() const { return places_.size() * amx::kSums; }
  Bfloat16* left(int part, std::size_t group) const;
  Bfloat16* right(int part, std::size_t factor, std::size_t group) const;
  Bfloat16* pixels(int part) const;
  float* sums(int column, std::size_t pair) const;

  const Patches window_;
  const bool in_blocks_;
  const std::size_t rows_, left_groups_, right_groups_;  // groups of channels, a tile each
  ImageLine left_line_;
  std::vector<Factor> factors_;
  std::vector<Place> places_;
  std::size_t margin_ = 0;  // pixels of the input in front of a strip and behind it; even

  // Threads are columns, each with a part of the line, of `shares_`, each with some of the pairs.
  int threads_ = 1, columns_ = 1, shares_ = 1;
  std::size_t line_tiles_ = 0, strip_tiles_ = 0, strips_ = 1;

  // Buffers in the plan, and where they are.
  int left_buffer_ = -1, right_buffer_ = -1, pixels_buffer_ = -1, sums_buffer_ = -1;
  Bfloat16 *left_ = nullptr, *right_ = nullptr, *pixels_ = nullptr;
  float* sums_ = nullptr;
};

}  // namespace forebay
