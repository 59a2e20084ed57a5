#pragma once

// Which limit to remove, and how much of it is enough.

#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/diagnose/relief.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/simulate/simulate.hpp>

namespace forebay::detail {

/// One limit taken away, and the samples per second without it.
struct Tried {
  Relief relief = {};
  double rate = 0;
};

/// Tries on a model what limits it and what to change. Holds copies; `machine` has to outlive it.
class Search {
 public:
  Search(Model model, const Machine& machine);

  /// Samples per second of the model as it is.
  double now() const { return now_.samples_per_second; }
  const Simulation& simulation() const { return now_; }
  /// Share by which `rate` is above that.
  double gain(double rate) const { return rate / now() - 1; }

  /// The limit without which the graph would be fastest.
  Tried first_limit() const;
  /// What to change, if anything: that limit, or several that hold as much as each other. Empty
  /// where no setting helps.
  std::vector<Relief> to_change(const Tried& first) const;
  /// The smallest values with which these limits no longer bind.
  std::vector<SettingChange> sized(const std::vector<Relief>& reliefs) const;
  /// The model without these limits, and with room for what their workers make.
  Model with_room(const std::vector<Relief>& reliefs) const;

 private:
  Tried fullest(const std::vector<Tried>& tried) const;
  Tried likeliest(const std::vector<Tried>& tried, double enough) const;
  std::vector<Relief> together() const;
  double nearly(double most) const;
  SettingChange smallest(Model& best, const Relief& relief, double enough) const;
  std::size_t smallest_concurrency(Model model, std::size_t i, double enough) const;
  void smallest_queue(Model& model, std::size_t i, std::size_t ModelQueue::*what,
                      double enough) const;
  void add_room(const std::vector<Relief>& reliefs, const Model& best, double enough,
                std::vector<SettingChange>& result) const;

  Model model_;
  const Machine& machine_;
  Simulation now_;
};

constexpr double kWorthIt = 0.05;  // a smaller gain is no reason to change anything
constexpr double kSame = 0.01;     // by which simulations may differ by chance

/// Samples per second of `model`.
double rate(const Model& model);

/// `model` with the changes made.
Model with(Model model, const std::vector<SettingChange>& changes);

/// Concurrency that the graph would not miss: to lower together.
std::vector<SettingChange> spare(const Model& model);

}  // namespace forebay::detail
