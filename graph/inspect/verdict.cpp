#include <forebay/graph/inspect/verdict.hpp>

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

std::string describe(const Verdict& verdict, const Report& report) {
  return describe(verdict, report.roles.samples.empty() ? "items" : report.roles.samples);
}

}  // namespace forebay
