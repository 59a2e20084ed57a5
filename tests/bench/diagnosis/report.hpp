#pragma once

// How right the verdicts were.

#include <vector>

#include "cases.hpp"

namespace forebay::bench {

/// Prints a case: what was planted, what was found, what came of it.
void print(const Case& one, bool with_table);

/// Whether all that there is to know about a case is as it should be.
bool as_it_should_be(const Case& one);

/// Prints the table with the bars. Whether all hold.
bool report(const std::vector<Case>& cases);

}  // namespace forebay::bench
