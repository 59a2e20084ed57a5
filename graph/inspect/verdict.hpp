#pragma once

// The diagnosis of a graph that runs in another process, from two of its reports.

#include <string>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/inspect/report.hpp>

namespace forebay {

/// What the diagnosis needs to know beside the graph, as the process itself tells it.
Machine machine_of(const Report& report);

/// What limits the run that both reports are of, from what happened between them; see `diagnose` of
/// graph/diagnose/diagnose.hpp. Throws `Error` when they are of two runs.
Verdict diagnose(const Report& earlier, const Report& later);

/// The report's run as it was when it began: the difference to it is all that has happened.
Report at_begin(const Report& report);

/// The verdict in sentences, a line each, with the process's own word for samples.
std::string describe(const Verdict& verdict, const Report& report);

}  // namespace forebay
