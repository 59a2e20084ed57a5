#include <forebay/nodes/train/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

void require(bool good, std::string_view name, double value, std::string_view wanted) {
  if (!good) throw Error(fmt::format("{} is {}; give {}", name, value, wanted));
}

}  // namespace

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
