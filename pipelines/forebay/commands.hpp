#pragma once

// The commands of the forebay program; each is in the source file of its name.

#include <forebay/program.hpp>

namespace forebay {

Command cost_command();
Command dot_command();
Command ls_command();
Command report_command();
Command set_command();
Command snapshot_command();
Command top_command();
Command trace_command();

}  // namespace forebay
