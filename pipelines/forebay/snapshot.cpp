// forebay snapshot [NAME|PID]: everything there is to know about a running graph, as JSON.

#include <iostream>

#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/client.hpp>

namespace forebay {
namespace {

int run(const std::vector<std::string>& given) {
  const Arguments arguments = read_arguments(given, {}, 0, 1);
  std::cout << to_json(choose(find_processes(), arguments.place(0)).report()) << '\n';
  return 0;
}

}  // namespace

Command snapshot_command() {
  return {"snapshot", "[NAME|PID]", "print what a running graph has measured, as JSON", run};
}

}  // namespace forebay
