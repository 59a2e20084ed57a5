#include <common/training_cost.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace forebay {
namespace {

constexpr double kUsualEpochs = 100;  // to compare trainings by

std::string with_commas(double dollars) {
  const std::string digits = fmt::format("{:.0f}", dollars);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

double epoch_seconds(const TrainingPace& pace) {
  return pace.images_per_epoch / pace.images_per_second;
}

std::string time_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  if (seconds < 3600 - 0.5) {
    const auto whole = static_cast<int>(seconds + 0.5);
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  }
  const double minutes = std::round(seconds / 60);
  return fmt::format("{:.0f} h {:02.0f} min", std::floor(minutes / 60), std::fmod(minutes, 60));
}

std::string money_text(double dollars) {
  if (dollars >= 99.995) return fmt::format("${}", with_commas(dollars));
  const int digits = dollars > 0 ? 1 - static_cast<int>(std::floor(std::log10(dollars))) : 0;
  return fmt::format("${:.{}f}", dollars, std::max(2, digits));
}

std::string time_and_cost(const TrainingPace& pace, std::optional<double> price_per_hour) {
  const double epoch = epoch_seconds(pace);
  const auto time = [&](double epochs) {
    const double seconds = epochs * epoch;
    if (!price_per_hour) return time_text(seconds);
    return fmt::format("{} ({})", time_text(seconds), money_text(seconds / 3600 * *price_per_hour));
  };
  std::string text = fmt::format("{:.1f} images/s; {} per epoch", pace.images_per_second, time(1));
  if (pace.epochs > 0 && pace.epochs != kUsualEpochs) {
    text += fmt::format(", {} for {:g} epochs", time(pace.epochs), pace.epochs);
  }
  text += fmt::format(", {} for {:g} epochs", time(kUsualEpochs), kUsualEpochs);
  if (price_per_hour) text += fmt::format(" at {} an hour", money_text(*price_per_hour));
  return text;
}

}  // namespace forebay
