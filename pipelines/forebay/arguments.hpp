#pragma once

// The arguments of one command: what is given by place, and what by flag.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <common/command_line.hpp>
#include <forebay/graph/error.hpp>

namespace forebay {

/// The command cannot be given like that; the program ends with exit code 2.
class WrongUse : public Error {
 public:
  using Error::Error;
};

/// What a command was given.
struct Arguments {
  std::vector<std::string> places;           // those that belong to no flag
  std::map<std::string, std::string> flags;  // without dashes; "true" for a switch

  bool has(const std::string& flag) const { return flags.contains(flag); }
  /// What was given for `flag`; nullopt when it was not.
  std::optional<std::string> text(const std::string& flag) const;
  /// The argument at place `i`; nullopt when there are fewer.
  std::optional<std::string> place(std::size_t i) const;
};

/// Of two equal flags the later one counts. Throws `WrongUse` on an unknown flag, a missing value,
/// more than `most_places` arguments or fewer than `fewest_places`.
Arguments read_arguments(const std::vector<std::string>& given, const std::vector<FlagForm>& known,
                         std::size_t fewest_places, std::size_t most_places);

}  // namespace forebay
