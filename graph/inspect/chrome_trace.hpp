#pragma once

// A timeline in the format of Chrome's trace viewer, which Perfetto reads too.

#include <iosfwd>
#include <vector>

#include <forebay/graph/inspect/report.hpp>

namespace forebay {

/// Writes the pieces, of one process and in the order in which they were taken, as one JSON
/// document: a lane per node and worker with a slice per body, a counter per input queue. A node's
/// workers are as many lanes as it had bodies at once. Times begin with the first of them.
void write_chrome_trace(const std::vector<TraceReport>& pieces, std::ostream& out);

}  // namespace forebay
