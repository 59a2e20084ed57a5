#pragma once

// The table of all flags: parsing, --help, the documentation and the log's first line come from it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <train_imagenet/options.hpp>

namespace forebay {

enum class FlagGroup : std::uint8_t { kTraining, kData, kAugmentation, kForebay, kNotYet };

/// One flag. MXNet's keep their names and meanings.
struct Flag {
  std::string name;  // without the dashes
  FlagGroup group = FlagGroup::kForebay;
  std::string value;  // what stands for its value in the help; empty: a switch
  std::string help;
  std::string standard;  // the default as text; empty: none

  /// Sets the option from its text. `where` goes before the flag's name in errors.
  std::function<void(TrainOptions&, const std::string& text, const std::string& where)> set;

  /// The option's value as Python writes it; empty for flags that are not options of a run.
  std::function<std::string(const TrainOptions&)> show;
};

/// All flags, in the order of the help.
const std::vector<Flag>& flags();

/// The flag of this name, or nullptr.
const Flag* find_flag(std::string_view name);

/// The option's value as the command line has it: 30,60. Empty where it is unset.
std::string value_text(const Flag& flag, const TrainOptions& options);

/// --help: grouped, at most 100 columns.
std::string help_text();

/// The same as a Markdown table per group.
std::string help_markdown();

/// `Namespace(batch_size=128, ...)` with all options in alphabetical order, as Python's argparse
/// prints its result.
std::string namespace_text(const TrainOptions& options);

}  // namespace forebay
