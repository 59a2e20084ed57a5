#include <train_imagenet/batch_advice.hpp>

#include <utility>

#include <fmt/format.h>

namespace forebay {

std::string batch_advice(const Verdict& verdict) {
  constexpr double kWorthSaying = 0.02;
  if (!verdict.larger_batch) return "";
  const std::string text = describe(verdict, "images");
  const std::string why = text.substr(0, text.find('\n'));
  return *verdict.larger_batch < kWorthSaying
             ? fmt::format("a larger one would gain nothing: {}", why)
             : fmt::format("one twice as large would gain {:.0f} % at most: {}",
                           100 * *verdict.larger_batch, why);
}

BatchAdvice::BatchAdvice(Machine machine, Log& log) : machine_(std::move(machine)), log_(log) {}

void BatchAdvice::step_done(const Graph& graph) {
  if (said_) return;
  auto window = window_.add(graph.snapshot());
  if (!window) return;
  said_ = true;
  diagnosis_ = std::jthread([this, seen = std::move(*window)] { say(seen); });
}

void BatchAdvice::all_ended(const GraphSnapshot& last) {
  if (!std::exchange(said_, true)) say(last);
}

void BatchAdvice::say(const GraphSnapshot& seen) {
  const std::string advice = batch_advice(diagnose(seen, machine_));
  if (!advice.empty()) log_.info(fmt::format("Batch size: {}", advice));
}

}  // namespace forebay
