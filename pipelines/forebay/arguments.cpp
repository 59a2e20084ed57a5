#include <forebay/arguments.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <common/flag_text.hpp>

namespace forebay {
namespace {

std::vector<std::string> names_of(const std::vector<FlagForm>& known) {
  std::vector<std::string> names;
  for (const FlagForm& form : known) names.push_back(form.name);
  return names;
}

std::vector<GivenFlag> parsed(const std::vector<std::string>& given,
                              const std::vector<FlagForm>& known) {
  try {
    std::vector<GivenFlag> all = parse_command_line(given, known);
    const std::vector<std::string> names = names_of(known);
    for (const GivenFlag& flag : all) {
      const bool unknown = !flag.name.empty() && std::ranges::find(names, flag.name) == names.end();
      if (unknown) refuse_unknown_flag(flag.name, names);
    }
    return all;
  } catch (const Error& error) {
    throw WrongUse(error.what());
  }
}

}  // namespace

std::optional<std::string> Arguments::text(const std::string& flag) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Arguments::place(std::size_t i) const {
  return i < places.size() ? std::optional(places[i]) : std::nullopt;
}

Arguments read_arguments(const std::vector<std::string>& given, const std::vector<FlagForm>& known,
                         std::size_t fewest_places, std::size_t most_places) {
  Arguments result;
  for (const GivenFlag& flag : parsed(given, known)) {
    if (flag.name.empty()) {
      result.places.push_back(flag.text);
    } else {
      result.flags[flag.name] = flag.text;
    }
  }
  if (result.places.size() > most_places) {
    throw WrongUse(
        fmt::format("'{}' is one argument too many; leave it out", result.places[most_places]));
  }
  if (result.places.size() < fewest_places) {
    throw WrongUse(
        fmt::format("{} arguments are given; give {}", result.places.size(), fewest_places));
  }
  return result;
}

}  // namespace forebay
