#pragma once

// How many threads this process has.

#include <fstream>
#include <stdexcept>
#include <string>

namespace forebay::test {

/// What the kernel counts now: a thread that has been joined may be among them for a moment.
inline int process_threads() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (int count = 0; word == "Threads:" && status >> count) return count;
  }
  throw std::runtime_error("/proc/self/status does not count threads");
}

}  // namespace forebay::test
