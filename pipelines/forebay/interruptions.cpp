#include <forebay/interruptions.hpp>

#include <algorithm>
#include <cmath>

namespace forebay {

ExpectedTime expected_time(double hours, const Interruptions& interruptions) {
  const double rate = interruptions.per_hour;
  if (rate <= 0) return {hours, 0};
  const auto piece = [&](double p) {
    return std::exp(rate * interruptions.restart_hours) * std::expm1(rate * p) / rate;
  };
  const double p = std::min(interruptions.checkpoint_hours, hours);
  const double whole = std::floor(hours / p), rest = hours - whole * p;
  const double expected = whole * piece(p) + (rest > 0 ? piece(rest) : 0);
  return {expected, rate * expected};
}

}  // namespace forebay
