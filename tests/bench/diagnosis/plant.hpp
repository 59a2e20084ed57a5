#pragma once

// Random graphs whose limit is known because it was put there.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>

namespace forebay::bench {

/// Milliseconds per item: every block of as many items as there are values has each of them once.
class Times {
 public:
  Times() = default;
  /// `values` is scaled to that mean; its size is a power of two.
  Times(std::vector<double> values, double mean, std::uint64_t key);
  double of(std::uint64_t item) const;
  double mean() const { return mean_; }
  void scale(double factor);

 private:
  std::vector<double> values_;
  double mean_ = 0;
  std::uint64_t key_ = 0;
};

enum class What : std::uint8_t { kSource, kWork, kBatch, kEnd };

/// A node in the row from the source on.
struct Stage {
  std::string name = {};
  What what = What::kWork;
  bool computes = false;  // on the pool's cores; else it sleeps on threads of its own
  std::size_t concurrency = 1, queue = 16, batch = 1;
  Times times = {};
};

/// A lock step behind the row: devices that wait for each other, then for all-reduce.
struct Devices {
  std::vector<Times> times;
  Times all_reduce;
};

/// One planted graph.
struct Plant {
  std::string plan;
  std::vector<Stage> stages;
  Devices devices;        // none: the last stage is the end
  Bound truth;            // what binds by a tenth or more
  bool balanced = false;  // instead: what cannot be set is within 2 % of the limit
  bool by_trial = false;  // instead: found by trying the queue and the workers
  bool computes = false;  // needs the cores for itself
  std::uint64_t samples = 512, warm_up = 128;

  Machine machine() const;
  std::size_t per_end() const;  // samples per item of the end
};

/// The same plant for the same seed. Graphs that compute are for `cores` cores.
Plant plant(std::uint64_t seed, int cores);

}  // namespace forebay::bench
