#pragma once

// Counts calls of operator new in the whole program it is linked into.

#include <cstdint>

namespace forebay::test {

std::int64_t allocations();

}  // namespace forebay::test
