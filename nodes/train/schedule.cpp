#include <forebay/nodes/train/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// All of `text` as a number, or nothing.
template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string_view text, const std::string& what) {
  throw Error(
      fmt::format("--lr-step-epochs is \"{}\": {}; give increasing epochs (\"30,60\"), "
                  "\"pow 2\" or \"cosine\"",
                  text, what));
}

LrDecay parse_power(std::string_view text) {
  std::string_view power = text.substr(3);
  power.remove_prefix(std::min(power.find_first_not_of("- \t"), power.size()));
  const std::optional<double> value = number<double>(power);
  if (!value || !std::isfinite(*value) || *value <= 0) {
    refuse(text, fmt::format("\"{}\" is not a power above 0", power));
  }
  return {.kind = LrDecay::Kind::kPower, .epochs = {}, .power = *value};
}

LrDecay parse_steps(std::string_view text) {
  LrDecay decay{.kind = LrDecay::Kind::kSteps, .epochs = {}, .power = 0};
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = trimmed(rest.substr(0, comma));
    const std::optional<int> epoch = number<int>(part);
    if (!epoch || *epoch < 0) refuse(text, fmt::format("\"{}\" is not a number of epochs", part));
    if (!decay.epochs.empty() && *epoch <= decay.epochs.back()) {
      refuse(text, fmt::format("{} comes after {}", *epoch, decay.epochs.back()));
    }
    decay.epochs.push_back(*epoch);
    if (comma == std::string_view::npos) return decay;
    rest.remove_prefix(comma + 1);
  }
}

void require(bool good, std::string_view name, double value, std::string_view wanted) {
  if (!good) throw Error(fmt::format("{} is {}; give {}", name, value, wanted));
}

}  // namespace

LrDecay parse_lr_step_epochs(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return {};
  if (text == "cosine") return {.kind = LrDecay::Kind::kCosine, .epochs = {}, .power = 0};
  if (text.starts_with("pow")) return parse_power(text);
  return parse_steps(text);
}

Schedule::Schedule(ScheduleOptions options) : options_(std::move(options)) {
  const ScheduleOptions& o = options_;
  require(std::isfinite(o.lr) && o.lr >= 0, "learning rate", o.lr, "0 or more");
  require(std::isfinite(o.factor) && o.factor > 0, "learning rate factor", o.factor, "more than 0");
  require(o.epochs >= 1, "number of epochs", o.epochs, "1 or more");
  require(std::isfinite(o.steps_per_epoch) && o.steps_per_epoch >= 1, "steps per epoch",
          o.steps_per_epoch, "1 or more");
  require(std::isfinite(o.warmup_epochs) && o.warmup_epochs >= 0, "warm-up epochs", o.warmup_epochs,
          "0 or more");
  require(o.warmup_start >= 0 && o.warmup_start <= 1, "warm-up start", o.warmup_start,
          "a fraction from 0 to 1");
  warmup_steps_ = o.warmup_epochs * o.steps_per_epoch;
  total_steps_ = o.epochs * o.steps_per_epoch;
}

double Schedule::at(std::int64_t step) const {
  const double at = static_cast<double>(step);
  if (at >= warmup_steps_) return decayed(step);
  return options_.lr * (options_.warmup_start + (1 - options_.warmup_start) * at / warmup_steps_);
}

double Schedule::decayed(std::int64_t step) const {
  const LrDecay& decay = options_.decay;
  const double after_warmup = static_cast<double>(step) - warmup_steps_;
  const double left = total_steps_ - warmup_steps_;
  const double progress = left > 0 ? std::min(1.0, after_warmup / left) : 1.0;
  const bool off = options_.factor >= 1;
  switch (decay.kind) {
    case LrDecay::Kind::kConstant:
      return options_.lr;
    case LrDecay::Kind::kSteps: {
      // The epoch that the step's last image belongs to.
      const double epochs = static_cast<double>(step + 1) / options_.steps_per_epoch;
      const double epoch = std::ceil(epochs - 1e-9) - 1;
      double lr = options_.lr;
      for (int drop : decay.epochs) {
        if (epoch >= drop && !off) lr *= options_.factor;
      }
      return lr;
    }
    case LrDecay::Kind::kPower:
      return off ? options_.lr : options_.lr * std::pow(1 - progress, decay.power);
    case LrDecay::Kind::kCosine:
      return options_.lr * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  }
  return options_.lr;
}

}  // namespace forebay
