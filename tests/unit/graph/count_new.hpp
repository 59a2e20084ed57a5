#pragma once

// Counts calls of operator new in the whole program it is linked into.

#include <cstdint>

namespace forebay::test {

std::int64_t allocations();
std::int64_t allocations_of_this_thread();

}  // namespace forebay::test
