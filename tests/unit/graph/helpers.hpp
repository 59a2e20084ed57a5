#pragma once

// What the graph's tests share.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/endpoint.hpp>
#include <support/error_of.hpp>

namespace forebay::test {

/// A source body: 0, 1, ... count - 1.
inline auto count_to(int count) {
  return [next = 0, count]() mutable -> std::optional<int> {
    return next < count ? std::optional(next++) : std::nullopt;
  };
}

/// Threads of this process.
inline std::size_t thread_count() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

/// Starts oneTBB's workers and the thread that answers inspectors, which stay, so that threads can
/// be counted.
inline void start_workers(int threads) {
  detail::serve_this_process();
  const tbb::global_control more(tbb::global_control::max_allowed_parallelism,
                                 static_cast<std::size_t>(threads));
  std::atomic<int> inside{0};
  tbb::task_arena(threads).execute([&] {
    const auto meet = [&](int) {
      ++inside;
      while (inside < threads) std::this_thread::yield();
    };
    tbb::parallel_for(0, threads, meet, tbb::simple_partitioner());
  });
}

}  // namespace forebay::test
