#include <forebay/graph/inspect/verdict.hpp>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {

Machine machine_of(const Report& report) {
  Machine machine;
  if (report.host.cpus_usable > 0) machine.cores = report.host.cpus_usable;
  machine.threads = report.graph.threads;
  machine.devices = report.roles.devices;
  machine.all_reduce = report.roles.all_reduce;
  return machine;
}

Verdict diagnose(const Report& earlier, const Report& later) {
  if (earlier.process.pid != later.process.pid || earlier.run.number != later.run.number) {
    throw Error("the reports are of two runs, " + earlier.run.name + " and " + later.run.name +
                "; give two of one run");
  }
  return diagnose(later.graph - earlier.graph, machine_of(later));
}

Report at_begin(const Report& report) {
  Report begin;
  begin.process = report.process;
  begin.run = report.run;
  begin.roles = report.roles;
  begin.host = report.host;
  begin.graph.name = report.graph.name;
  begin.graph.time = report.graph.time - report.graph.elapsed;
  begin.graph.threads = report.graph.threads;
  for (const NodeSnapshot& now : report.graph.nodes) {
    NodeSnapshot node;
    node.name = now.name;
    node.inputs.resize(now.inputs.size());
    begin.graph.nodes.push_back(std::move(node));
  }
  return begin;
}

std::string describe(const Verdict& verdict, const Report& report) {
  return describe(verdict, report.roles.samples.empty() ? "items" : report.roles.samples);
}

}  // namespace forebay
