// forebay cost [NAME|PID]: what a training takes and costs, on demand and on spot instances.

#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <common/flag_text.hpp>
#include <common/flag_values.hpp>
#include <common/training_cost.hpp>
#include <common/training_plan.hpp>
#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/cost_table.hpp>
#include <forebay/graph/inspect/client.hpp>

namespace forebay {
namespace {

constexpr double kImageNet = 1'281'167;  // images of ILSVRC 2012 to train on
constexpr double kUsualEpochs = 100;

struct CostFlag {
  std::string name, value, help, standard;
};

const std::vector<CostFlag>& cost_flags() {
  static const std::vector<CostFlag> flags{
      {"hours", "H", "of the training, undisturbed", ""},
      {"rate", "N", "images per second; left out: as the running graph NAME|PID has them", ""},
      {"images", "N", "of an epoch; left out: the running graph's, or ImageNet's 1,281,167", ""},
      {"epochs", "N", "of the training; left out: the running graph's, or 100", ""},
      {"prices", "FILE,...",
       "JSON of aws ec2 describe-spot-price-history or aws pricing get-products, a price list file "
       "of Amazon EC2, or a SkyPilot catalog, of which the newest spot prices count",
       "built in"},
      {"instance", "TYPE", "kind of machine to look for in the files", ""},
      {"region", "NAME", "show only this region", ""},
      {"price-per-hour", "DOLLARS", "on demand, instead of --prices", ""},
      {"spot-price-per-hour", "DOLLARS", "on spot instances, instead of --prices", ""},
      {"interruptions-per-hour", "N", "that are to be expected on spot instances", "0.05"},
      {"restart-minutes", "N", "from a new machine to the first step, paid for", "10"},
      {"checkpoint-minutes", "N",
       "of training between checkpoints; left out: an epoch, or 30 with --hours", ""},
  };
  return flags;
}

std::string details() {
  std::string text;
  for (const CostFlag& flag : cost_flags()) {
    text += help_entry("--" + flag.name + " " + flag.value, flag.help, flag.standard);
  }
  return text;
}

std::vector<FlagForm> forms() {
  std::vector<FlagForm> forms;
  for (const CostFlag& flag : cost_flags()) forms.push_back({flag.name});
  return forms;
}

std::optional<double> number_given(const Arguments& arguments, const std::string& flag,
                                   const Reader<double>& reader = number_above_zero()) {
  const auto text = arguments.text(flag);
  if (!text) return std::nullopt;
  const auto number = reader.read(*text);
  if (!number) throw WrongUse(fmt::format("--{} is '{}'; give {}", flag, *text, reader.wants));
  return number;
}

void refuse_together(const Arguments& arguments, const std::string& flag,
                     const std::vector<std::string>& others) {
  for (const std::string& other : others) {
    if (!arguments.has(flag) || !arguments.has(other)) continue;
    throw WrongUse(fmt::format("--{} and --{} do not go together; leave out one", flag, other));
  }
}

// What is measured of a running graph.
struct Measured {
  std::string who;
  double images_per_second = 0;
  std::optional<TrainingPlan> plan = {};
};

double images_per_second(const Report& report) {
  double speed = 0;
  for (const DeviceFacts& device : report.devices) speed += device.samples_per_second;
  if (speed > 0 || report.graph.elapsed <= 0) return speed;
  const auto source = std::ranges::find(report.graph.nodes, "source", &NodeSnapshot::kind);
  if (source == report.graph.nodes.end()) return 0;
  return static_cast<double>(source->items_out) /
         (static_cast<double>(report.graph.elapsed) * 1e-9);
}

Measured measure(const std::optional<std::string>& which) {
  const FoundProcesses found = find_processes();
  if (!which && found.processes.empty()) {
    throw WrongUse("no graph runs whose speed could be measured; give --hours or --rate");
  }
  const Report report = choose(found, which).report();
  const Measured measured{fmt::format("{} ({})", report.run.name, report.process.pid),
                          images_per_second(report), training_plan(report.progress)};
  const bool validates = std::ranges::any_of(report.graph.nodes, [](const NodeSnapshot& node) {
    return node.name.starts_with("evaluate[");
  });
  if (measured.images_per_second > 0 && !validates) return measured;
  throw Error(
      fmt::format("{} {}; ask again later, or give --rate", measured.who,
                  validates ? "does not train, it validates" : "has not read anything yet"));
}

struct Training {
  double hours = 0, checkpoint_hours = 0.5;
  std::string text = {};                      // a line on it
  std::optional<double> price_per_hour = {};  // as the running graph says
};

Training training(const Arguments& arguments) {
  refuse_together(arguments, "hours", {"rate", "images", "epochs"});
  for (const char* flag : {"hours", "rate"}) {
    if (!arguments.has(flag) || arguments.places.empty()) continue;
    throw WrongUse(fmt::format("--{} and a running graph ({}) do not go together; leave out one",
                               flag, arguments.places.front()));
  }
  if (const auto hours = number_given(arguments, "hours")) return {.hours = *hours};
  const auto images = number_given(arguments, "images"), epochs = number_given(arguments, "epochs");
  const auto rate = number_given(arguments, "rate");
  const Measured measured = rate ? Measured{"", *rate} : measure(arguments.place(0));
  const TrainingPlan plan = measured.plan.value_or(TrainingPlan{kImageNet, kUsualEpochs});
  const TrainingPace pace{.images_per_second = measured.images_per_second,
                          .images_per_epoch = images.value_or(plan.images_per_epoch),
                          .epochs = epochs.value_or(plan.epochs)};
  const double epoch_hours = epoch_seconds(pace) / 3600;
  return {.hours = pace.epochs * epoch_hours,
          .checkpoint_hours = epoch_hours,
          .text = (rate ? "" : measured.who + ": ") + time_and_cost(pace, std::nullopt) + "\n",
          .price_per_hour = plan.price_per_hour};
}

struct Quotation {
  std::vector<Price> prices;
  std::string text;  // where they are from
};

// `known` is a price on demand that is known where none is given.
Quotation quotation(const Arguments& arguments, std::optional<double> known) {
  refuse_together(arguments, "prices", {"price-per-hour", "spot-price-per-hour"});
  const auto on_demand = number_given(arguments, "price-per-hour");
  const auto spot = number_given(arguments, "spot-price-per-hour");
  if (on_demand || spot) {
    return {{{.region = "as given", .on_demand = on_demand, .spot = spot}}, ""};
  }
  const auto instance = arguments.text("instance"), files = arguments.text("prices");
  if (known && !instance && !files) {
    return {{{.region = "its own", .on_demand = known}}, ""};
  }
  if (!files) {
    const BuiltInPrices& built_in = built_in_prices();
    if (instance.value_or(built_in.instance) != built_in.instance) {
      throw WrongUse(
          fmt::format("the price of a {} is not built in, only that of a {}; give "
                      "--prices FILE or --price-per-hour DOLLARS",
                      *instance, built_in.instance));
    }
    return {built_in.prices,
            fmt::format("Built-in prices of a {}: {}.", built_in.instance, built_in.source)};
  }
  if (!instance) throw WrongUse("--prices needs --instance TYPE, e.g. --instance p3.2xlarge");
  Quotation result{{}, fmt::format("Prices of a {} from {}.", *instance, *files)};
  for (const std::string& file : split_commas(*files)) {
    for (Price& price : read_prices(file, *instance)) result.prices.push_back(std::move(price));
  }
  result.prices = merged(result.prices);
  return result;
}

void keep_region(std::vector<Price>& prices, const std::string& region) {
  std::vector<std::string> known;
  for (const Price& price : prices) {
    if (known.empty() || known.back() != price.region) known.push_back(price.region);
  }
  std::erase_if(prices, [&](const Price& price) { return price.region != region; });
  if (!prices.empty()) return;
  throw WrongUse(fmt::format("--region is '{}', of which there is no price; there are {}", region,
                             fmt::join(known, ", ")));
}

Interruptions interruptions(const Arguments& arguments, double checkpoint_hours) {
  const Interruptions usual;
  const auto from_zero = number(0);
  const auto hours = [&](const char* flag, const Reader<double>& reader, double standard) {
    const auto minutes = number_given(arguments, flag, reader);
    return minutes ? *minutes / 60 : standard;
  };
  return {.per_hour =
              number_given(arguments, "interruptions-per-hour", from_zero).value_or(usual.per_hour),
          .restart_hours = hours("restart-minutes", from_zero, usual.restart_hours),
          .checkpoint_hours = hours("checkpoint-minutes", number_above_zero(), checkpoint_hours)};
}

int run(const std::vector<std::string>& given) {
  const Arguments arguments = read_arguments(given, forms(), 0, 1);
  const Training wanted = training(arguments);
  Quotation quoted = quotation(arguments, wanted.price_per_hour);
  if (const auto region = arguments.text("region")) keep_region(quoted.prices, *region);
  const Interruptions assumed = interruptions(arguments, wanted.checkpoint_hours);
  std::cout << wanted.text;
  if (!quoted.text.empty()) std::cout << wrap_words(quoted.text, 0) << '\n';
  std::cout << '\n' << cost_table(quoted.prices, wanted.hours, assumed);
  return 0;
}

}  // namespace

Command cost_command() {
  return {"cost", "[NAME|PID] [FLAG...]",
          "what a training takes and costs, on demand and on spot instances; nothing is fetched",
          run, details()};
}

}  // namespace forebay
