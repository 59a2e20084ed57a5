#pragma once

// Intel's intrinsics, without the warnings of GCC 12 about values that its own header leaves open
// on purpose. For x86-64.

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
