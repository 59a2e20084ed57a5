#pragma once

// Ten patterns that shape and texture tell apart: what the classes of made photos show.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <forebay/nodes/random.hpp>

namespace forebay {

/// Names of the patterns; a pattern's place here is its class.
std::span<const std::string_view> pattern_names();

/// A pattern at a random place, tilt and scale that fills the plane. For one thread at a time.
class Pattern {
 public:
  /// `kind` is a place in `pattern_names()`. The pattern repeats about every tenth to sixth of
  /// `width`, whatever its kind.
  Pattern(std::size_t kind, int width, int height, Random& random);

  /// About how many pixels (x, y) lies inside the pattern; negative outside.
  double inside(int x, int y);

 private:
  /// One shape of a pattern made of shapes; lengths are in periods, from the cell's corner.
  struct Shape {
    std::int64_t column = 0, row = 0;
    double u = 0.5, v = 0.5;
    double radius = 0;
    double cosine = 1, sine = 0;
  };

  double distance(double u, double v);
  double shape_distance(double u, double v);
  double blob_distance(double u, double v) const;
  void place_shape(std::int64_t column, std::int64_t row);

  std::size_t kind_;
  double period_;  // pixels
  double cosine_, sine_;
  double x_, y_;  // of the centre, pixels
  double wave_height_, wave_length_;
  double rays_;
  std::uint64_t seed_;
  Shape shape_;  // the last one asked for: neighbours are mostly in the same
};

/// Smooth random values in [0, 1] over the plane, about 1 apart; a function of `seed` and place.
double smooth_noise(double u, double v, std::uint64_t seed);

}  // namespace forebay
