#pragma once

// Tells ThreadSanitizer what happens before what when oneTBB hands work from thread to thread: it
// cannot see into that library. Nothing in other builds.

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace forebay::detail {

/// All before this on the calling thread happens before what follows `taken_over(thing)`.
inline void handed_over([[maybe_unused]] void* thing) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(thing);
#endif
}

inline void taken_over([[maybe_unused]] void* thing) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(thing);
#endif
}

}  // namespace forebay::detail
