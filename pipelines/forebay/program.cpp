#include <forebay/program.hpp>

#include <algorithm>
#include <exception>
#include <iostream>

#include <fmt/format.h>

#include <common/flag_text.hpp>
#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>

namespace forebay {
namespace {

constexpr int kFailed = 1, kWrongUse = 2;

std::string usage(const Command& command) {
  return command.name + (command.usage.empty() ? "" : " " + command.usage);
}

std::string help_text() {
  std::string text =
      "forebay COMMAND [arguments]\n\nLooks into graphs that run on this machine, with no flag of "
      "theirs and no rebuild.\n\n";
  for (const Command& command : commands()) text += help_entry(usage(command), command.help, "");
  return text + "\nforebay COMMAND --help tells about one.\n";
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(arguments,
                             [](const auto& each) { return each == "--help" || each == "-h"; });
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  const std::string near = nearest_name(name, names);
  throw WrongUse(
      fmt::format("there is no command '{}'; {}", name,
                  near.empty() ? "forebay --help lists them" : "did you mean '" + near + "'?"));
}

int run_command(const std::vector<std::string>& arguments) {
  const Command& command = find_command(arguments.front());
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (asks_for_help(rest)) {
    std::cout << "forebay " << help_entry(usage(command), command.help, "") << command.details;
    return 0;
  }
  return command.run(rest);
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      cost_command(), dot_command(),      ls_command(),  report_command(),
      set_command(),  snapshot_command(), top_command(), trace_command(),
  };
  return all;
}

int run_program(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") {
    std::cout << help_text();
    return 0;
  }
  try {
    return run_command(arguments);
  } catch (const WrongUse& error) {
    std::cerr << "forebay: " << error.what() << '\n';
    return kWrongUse;
  } catch (const std::exception& error) {
    std::cerr << "forebay: " << error.what() << '\n';
    return kFailed;
  }
}

}  // namespace forebay
