// forebay ls: the graphs that run on this machine.

#include <algorithm>
#include <chrono>
#include <iostream>

#include <fmt/format.h>

#include <common/terminal.hpp>
#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/client.hpp>

namespace forebay {
namespace {

// "0:42" where it runs, "ended" where it was the last one that did.
std::string age(const RunFacts& run) {
  if (!run.running) return "ended";
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return clock_text(std::max(0.0, std::chrono::duration<double>(now).count() - run.since));
}

int run(const std::vector<std::string>& given) {
  read_arguments(given, {}, 0, 0);
  const FoundProcesses found = find_processes();
  if (found.processes.empty()) std::cerr << "forebay: no process of yours runs a graph\n";
  constexpr auto kRow = "{:>7}  {:<16}  {:<24}  {:>8}\n";
  if (!found.processes.empty()) {
    std::cout << fmt::format(kRow, "pid", "program", "graph", "runs for");
  }
  for (const auto& [socket, runs] : found.processes) {
    for (const RunFacts& each : runs.runs) {
      std::cout << fmt::format(kRow, runs.process.pid, runs.process.program, each.name, age(each));
    }
  }
  for (const std::string& line : found.silent) std::cerr << "forebay: " << line << '\n';
  return 0;
}

}  // namespace

Command ls_command() {
  return {"ls", "", "list the graphs that run on this machine, of your own processes", run};
}

}  // namespace forebay
