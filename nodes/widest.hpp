#pragma once

// Runs a loop as the compiler vectorises it for the widest vectors that the CPU has.

namespace forebay {

#if defined(__x86_64__)
template <auto kLoop, class... Arguments>
__attribute__((target("avx512f,avx512bw"), flatten)) void on_avx512(Arguments... arguments) {
  kLoop(arguments...);
}

template <auto kLoop, class... Arguments>
__attribute__((target("avx2"), flatten)) void on_avx2(Arguments... arguments) {
  kLoop(arguments...);
}
#endif

/// Calls `kLoop`, a function, with `arguments`. GCC's `target_clones` would do the same but for
/// templates, and for 16-bit values, whose vectors of 64 bytes want more than AVX-512's foundation.
template <auto kLoop, class... Arguments>
void widest(Arguments... arguments) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw")) return on_avx512<kLoop>(arguments...);
  if (__builtin_cpu_supports("avx2")) return on_avx2<kLoop>(arguments...);
#endif
  kLoop(arguments...);
}

}  // namespace forebay
