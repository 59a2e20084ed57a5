#include <forebay/cost_table.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <common/flag_text.hpp>
#include <common/training_cost.hpp>

namespace forebay {
namespace {

constexpr std::size_t kColumns = 8, kTextColumns = 2;  // the first are texts, to the left
using Row = std::array<std::string, kColumns>;

std::string money_or_dash(const std::optional<double>& dollars, double times = 1) {
  if (!dollars) return "-";
  return std::isfinite(*dollars * times) ? money_text(*dollars * times) : "never ends";
}

std::string saving_text(const Price& price) {
  if (!price.spot || !price.on_demand) return "-";
  return fmt::format("{:.0f} %", 100 * (1 - *price.spot / *price.on_demand));
}

// What is paid in the end for the cheaper of both ways.
double least_cost(const Price& price, double hours, double spot_hours) {
  const double never = std::numeric_limits<double>::infinity();
  return std::min(price.on_demand ? *price.on_demand * hours : never,
                  price.spot ? *price.spot * spot_hours : never);
}

Row row_of(const Price& price, double hours, double spot_hours) {
  return {price.region,
          price.zone.empty() ? "any" : price.zone,
          money_or_dash(price.on_demand),
          money_or_dash(price.spot),
          saving_text(price),
          money_or_dash(price.on_demand, hours),
          money_or_dash(price.spot, hours),
          money_or_dash(price.spot, spot_hours)};
}

std::string line_of(const Row& row, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    line += i < kTextColumns ? fmt::format("{:<{}}  ", row[i], widths[i])
                             : fmt::format("{:>{}}  ", row[i], widths[i]);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

std::string assumptions(double hours, const ExpectedTime& expected, const Interruptions& assumed) {
  const std::string time =
      std::isfinite(expected.hours)
          ? fmt::format("takes {} with {:.1f} interruptions", time_text(expected.hours * 3600),
                        expected.interruptions)
          : "never ends";
  const std::string text = fmt::format(
      "Interrupted: on spot instances the training of {} {}, at {:g} an hour "
      "(--interruptions-per-hour), {} to start again (--restart-minutes) and a checkpoint every {} "
      "(--checkpoint-minutes), since which the work is lost.",
      time_text(hours * 3600), time, assumed.per_hour, time_text(assumed.restart_hours * 3600),
      time_text(assumed.checkpoint_hours * 3600));
  return wrap_words(text, 0) + "\n";
}

}  // namespace

std::string cost_table(const std::vector<Price>& prices, double hours,
                       const Interruptions& interruptions) {
  const ExpectedTime expected = expected_time(hours, interruptions);
  std::vector<Row> rows{
      {"region", "zone", "per hour", "spot", "saving", "training", "on spot", "interrupted"}};
  for (const Price& price : prices) rows.push_back(row_of(price, hours, expected.hours));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto cheapest = std::ranges::min_element(
      prices, {}, [&](const Price& price) { return least_cost(price, hours, expected.hours); });
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += line_of(rows[i], widths);
    const bool marked =
        prices.size() > 1 && i == static_cast<std::size_t>(cheapest - prices.begin()) + 1;
    text += marked ? "  ◄ cheapest\n" : "\n";
  }
  const bool any_spot =
      std::ranges::any_of(prices, [](const Price& price) { return !!price.spot; });
  return any_spot ? text + "\n" + assumptions(hours, expected, interruptions) : text;
}

}  // namespace forebay
