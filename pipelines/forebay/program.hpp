#pragma once

// The forebay program as a table of commands: forebay COMMAND ARGUMENTS.

#include <functional>
#include <string>
#include <vector>

namespace forebay {

/// One command. `run` gets what follows its name on the command line, prints to stdout and returns
/// the exit code. It throws `WrongUse` for arguments it cannot take, `Error` for what goes wrong.
struct Command {
  std::string name;
  std::string usage;  // of its arguments: "[NAME|PID] [--once]"
  std::string help;   // one line
  std::function<int(const std::vector<std::string>&)> run;
  std::string details = {};  // of its flags, for `COMMAND --help`
};

/// All of them, in the order in which they are listed. Each is made by a function of a file of its
/// own.
const std::vector<Command>& commands();

/// Runs the command that the first of `arguments` names. With none, --help or -h lists the
/// commands. `COMMAND --help` is answered here from the table. Returns the exit code: 0, 1 for
/// what went wrong, 2 for wrong use; errors are told on stderr.
int run_program(const std::vector<std::string>& arguments);

}  // namespace forebay
