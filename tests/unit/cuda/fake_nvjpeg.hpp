#pragma once

// What tests tell the library in nvJPEG's place, and see of it.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

/// The library's, for all handles; found by the name `fake_nvjpeg`.
struct FakeNvjpeg {
  std::atomic<bool> has_engine{false};        // else handles of the decoding engine are refused
  std::atomic<bool> works{true};              // else all handles are
  std::atomic<std::size_t> refused_bytes{0};  // size of files that make a batch fail
  std::atomic<int> status{0};                 // of all batches, if not 0
  std::atomic<int> engine_status{0};          // of those of the decoding engine, if not 0
  std::atomic<int> handles{0}, states{0};     // that are open
  std::mutex mutex;
  std::vector<int> batches;  // sizes
  int backend = 0;           // of the last handle
};
