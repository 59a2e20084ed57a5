#pragma once

// Builds a hot loop once per vector instruction set; the program picks the best at start.

// ThreadSanitizer instruments the function that picks, which runs before its runtime exists, and
// crashes; so its builds keep the plain loop.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define FOREBAY_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
/// The same for loops that shift by variable numbers of bits: BMI2 does that in one step.
#define FOREBAY_SHIFT_CLONES __attribute__((target_clones("bmi2", "default")))
#else
#define FOREBAY_VECTOR_CLONES
#define FOREBAY_SHIFT_CLONES
#endif
