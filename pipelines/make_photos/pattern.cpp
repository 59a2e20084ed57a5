#include <make_photos/pattern.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace forebay {
namespace {

enum Kind : std::size_t {
  kStripes,
  kWaves,
  kChecks,
  kTarget,
  kRays,
  kBlobs,
  kDiscs,
  kRings,
  kTriangles,
  kCrosses,
};

constexpr std::array<std::string_view, 10> kNames{"stripes",   "waves",  "checks", "target",
                                                  "rays",      "blobs",  "discs",  "rings",
                                                  "triangles", "crosses"};

constexpr double kTilt = 0.35;  // radians; any angle takes several times as many photos to learn

// In periods: above 0 on one half of a wave of period 1, below 0 on the other.
double half_wave(double value) { return 0.25 - std::abs(value - std::floor(value) - 0.5); }

double triangle_distance(double u, double v, double radius) {
  // Three edges at half the radius from the centre.
  constexpr double kSide = std::numbers::sqrt3 / 2;
  const double farthest = std::max({v, kSide * u - 0.5 * v, -kSide * u - 0.5 * v});
  return 0.5 * radius - farthest;
}

double cross_distance(double u, double v, double radius) {
  const double length = std::max(std::abs(u), std::abs(v));
  const double width = std::min(std::abs(u), std::abs(v));
  return std::min(radius - length, 0.3 * radius - width);
}

}  // namespace

std::span<const std::string_view> pattern_names() { return kNames; }

double smooth_noise(double u, double v, std::uint64_t seed) {
  const auto column = static_cast<std::int64_t>(std::floor(u));
  const auto row = static_cast<std::int64_t>(std::floor(v));
  const auto ease = [](double t) { return t * t * (3 - 2 * t); };
  const double right = ease(u - std::floor(u)), down = ease(v - std::floor(v));
  const auto at = [&](std::int64_t i, std::int64_t j) {
    return Random(seed, static_cast<std::uint64_t>(column + i), static_cast<std::uint64_t>(row + j))
        .uniform();
  };
  const double top = at(0, 0) + right * (at(1, 0) - at(0, 0));
  const double bottom = at(0, 1) + right * (at(1, 1) - at(0, 1));
  return top + down * (bottom - top);
}

Pattern::Pattern(std::size_t kind, int width, int height, Random& random)
    : kind_(kind),
      period_(width * random.uniform(0.10, 0.18)),
      x_(width * random.uniform(0.3, 0.7)),
      y_(height * random.uniform(0.3, 0.7)),
      wave_height_(random.uniform(0.35, 0.55)),
      wave_length_(random.uniform(1.6, 2.4)),
      rays_(static_cast<double>(7 + random.below(7))),
      seed_(random.next()) {
  const double angle = random.uniform(-kTilt, kTilt);
  cosine_ = std::cos(angle);
  sine_ = std::sin(angle);
  place_shape(0, 0);
}

double Pattern::inside(int x, int y) {
  const double dx = (x - x_) / period_, dy = (y - y_) / period_;
  return period_ * distance(cosine_ * dx + sine_ * dy, cosine_ * dy - sine_ * dx);
}

double Pattern::distance(double u, double v) {
  switch (kind_) {
    case kStripes:
      return half_wave(v);
    case kWaves:
      return half_wave(v + wave_height_ * std::sin(2 * std::numbers::pi * u / wave_length_));
    case kChecks: {
      const double a = half_wave(u / 1.5), b = half_wave(v / 1.5);
      const double nearest = 1.5 * std::min(std::abs(a), std::abs(b));
      return (a > 0) == (b > 0) ? nearest : -nearest;
    }
    case kTarget:
      return half_wave(std::hypot(u, v));
    case kRays: {
      const double around = 2 * std::numbers::pi * std::hypot(u, v) / rays_;  // of one ray
      return around * half_wave(rays_ * std::atan2(v, u) / (2 * std::numbers::pi));
    }
    case kBlobs:
      return blob_distance(u, v);
    default:
      return shape_distance(u, v);
  }
}

double Pattern::blob_distance(double u, double v) const {
  const double coarse = smooth_noise(1.6 * u, 1.6 * v, seed_);
  const double fine = smooth_noise(3.7 * u, 3.7 * v, seed_ + 1);
  return 0.5 * (0.72 * coarse + 0.28 * fine - 0.5);
}

void Pattern::place_shape(std::int64_t column, std::int64_t row) {
  Random random(seed_, static_cast<std::uint64_t>(column), static_cast<std::uint64_t>(row));
  const double angle = random.uniform(0, 2 * std::numbers::pi);
  shape_ = {column,
            row,
            random.uniform(0.45, 0.55),
            random.uniform(0.45, 0.55),
            random.uniform(0.30, 0.44),
            std::cos(angle),
            std::sin(angle)};
}

double Pattern::shape_distance(double u, double v) {
  // Shapes are a little wider apart than stripes, so that they are as wide as those.
  constexpr double kApart = 1.3;
  u /= kApart;
  v /= kApart;
  const auto column = static_cast<std::int64_t>(std::floor(u));
  const auto row = static_cast<std::int64_t>(std::floor(v));
  if (column != shape_.column || row != shape_.row) place_shape(column, row);
  const double du = u - std::floor(u) - shape_.u, dv = v - std::floor(v) - shape_.v;
  const double a = shape_.cosine * du + shape_.sine * dv;
  const double b = shape_.cosine * dv - shape_.sine * du;
  const double radius = shape_.radius;
  switch (kind_) {
    case kDiscs:
      return kApart * (radius - std::hypot(a, b));
    case kRings:
      return kApart * (0.19 * radius - std::abs(std::hypot(a, b) - 0.81 * radius));
    case kTriangles:
      return kApart * triangle_distance(a, b, 1.15 * radius);
    default:
      return kApart * cross_distance(a, b, radius);
  }
}

}  // namespace forebay
