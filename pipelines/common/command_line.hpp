#pragma once

// Splits a command line into flags with their texts.

#include <string>
#include <vector>

namespace forebay {

/// What the command line may hold: `--name VALUE` or, for a switch, `--name`.
struct FlagForm {
  std::string name;  // without the dashes
  bool has_value = true;
};

/// One thing that was given.
struct GivenFlag {
  std::string name;  // without the dashes; empty for an argument that belongs to no flag
  std::string text;  // "true" for a switch
};

/// In the order given. Names are never abbreviated; unknown ones are among the result, for the
/// caller to refuse. `-h` is `--help`, `-o` is
/// `--output`. Throws `Error` where a value is missing or too many.
std::vector<GivenFlag> parse_command_line(const std::vector<std::string>& arguments,
                                          const std::vector<FlagForm>& known);

}  // namespace forebay
