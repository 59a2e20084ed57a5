#include <common/command_line.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <boost/program_options.hpp>
#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

namespace po = boost::program_options;

// All values are texts to Boost; the caller gives them types.
po::options_description describe(const std::vector<FlagForm>& known) {
  po::options_description description;
  for (const FlagForm& flag : known) {
    if (flag.has_value) {
      description.add_options()(flag.name.c_str(), po::value<std::string>(), "");
    } else {
      description.add_options()(flag.name.c_str(), "");
    }
  }
  return description;
}

std::string spelled_out(const std::string& argument) {
  return argument == "-h" ? "--help" : argument == "-o" ? "--output" : argument;
}

// "--gpus=" is an empty value, as for MXNet; Boost takes it for a mistake unless it stands apart.
std::vector<std::string> separate_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (const auto& argument : arguments) {
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      out.push_back(argument.substr(0, argument.size() - 1));
      out.emplace_back();
    } else {
      out.push_back(spelled_out(argument));
    }
  }
  return out;
}

[[noreturn]] void refuse(const po::error_with_option_name& error,
                         const std::vector<FlagForm>& known) {
  std::string name = error.get_option_name();
  if (name.starts_with("--")) name = name.substr(2);
  const auto flag = std::ranges::find(known, name, &FlagForm::name);
  if (flag != known.end() && !flag->has_value) {
    throw Error(fmt::format("--{} takes no value; leave the value out", name));
  }
  throw Error(fmt::format("--{} has no value; give one", name));
}

}  // namespace

std::vector<GivenFlag> parse_command_line(const std::vector<std::string>& arguments,
                                          const std::vector<FlagForm>& known) {
  const auto description = describe(known);
  using namespace po::command_line_style;
  const int style = allow_long | long_allow_adjacent | long_allow_next;
  po::parsed_options parsed(&description);
  try {
    parsed = po::command_line_parser(separate_empty_values(arguments))
                 .options(description)
                 .style(style)
                 .allow_unregistered()
                 .run();
  } catch (const po::error_with_option_name& error) {
    refuse(error, known);
  } catch (const po::error& error) {
    throw Error(fmt::format("the command line cannot be read: {}", error.what()));
  }
  std::vector<GivenFlag> given;
  for (const auto& option : parsed.options) {
    if (option.position_key >= 0) {
      given.push_back({"", option.original_tokens.at(0)});
      continue;
    }
    const std::string text = option.value.empty() ? "true" : option.value[0];
    if (!option.unregistered && text.starts_with("--")) {
      throw Error(fmt::format("--{} has no value; give one before {}", option.string_key, text));
    }
    given.push_back({option.string_key, text});
  }
  return given;
}

}  // namespace forebay
