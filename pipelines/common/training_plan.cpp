#include <common/training_plan.hpp>

namespace forebay {
namespace {

constexpr const char *kEpochs = "epochs", *kPrice = "price per hour";

std::optional<double> figure(const ProgressFacts& progress, const char* name) {
  const auto found = progress.figures.find(name);
  return found != progress.figures.end() && found->second > 0 ? std::optional(found->second)
                                                              : std::nullopt;
}

}  // namespace

std::map<std::string, double> plan_figures(double epochs, std::optional<double> price_per_hour) {
  std::map<std::string, double> figures{{kEpochs, epochs}};
  if (price_per_hour) figures[kPrice] = *price_per_hour;
  return figures;
}

std::optional<TrainingPlan> training_plan(const std::vector<ProgressFacts>& progress) {
  for (const ProgressFacts& facts : progress) {
    const auto epochs = figure(facts, kEpochs);
    if (!epochs || facts.total <= 0) continue;
    return TrainingPlan{facts.total / *epochs, *epochs, figure(facts, kPrice)};
  }
  return std::nullopt;
}

}  // namespace forebay
