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
  const std::vector<double>& values() const { return values_; }
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
  std::size_t concurrency = 1, queue = 16, queue_bytes = 0, batch = 1;
  Times times = {};
};

constexpr std::size_t kItemBytes = 1000;   // of every item, for `queue_bytes`
constexpr std::size_t kCountQueue = 2048;  // of the node that counts: never what binds

/// A lock step behind the row: devices that wait for each other, then for all-reduce and update.
struct Devices {
  std::vector<Times> times;
  Times all_reduce, update;
};

/// One planted graph.
struct Plant {
  std::string plan;
  double cores = 2;
  std::vector<Stage> stages;
  Devices devices;        // none: the last stage is the end
  double rate = 0;        // samples per second that the planted limit lets through
  Bound truth;            // what binds by a tenth or more; any device where it names none
  bool balanced = false;  // instead: what cannot be set is within 2 % of the limit
  bool by_trial = false;  // instead: found by trying the last stage's queue and the workers before
  std::string straggler;  // the device that is slower than the others, if one is
  bool computes = false;  // needs the cores for itself
  std::uint64_t samples = 512, warm_up = 128;  // of a run by the clock

  Machine machine() const;
  std::size_t per_end() const;  // samples per item of the end
  /// The same with what cannot be set `times` times as fast.
  Plant faster(const Bound& bound, double times) const;
  /// The same with batches twice as large, which take the devices twice as long.
  Plant with_larger_batch() const;
  /// The same without the straggler's delay.
  Plant with_equal_devices() const;
};

/// How large plants are.
struct Ground {
  std::size_t fewest_cores = 8, most_cores = 64;
  std::size_t most_devices = 16;
  std::size_t values = 1 << 13;  // that service times are drawn from
};

/// The same plant for the same seed and ground.
Plant plant(std::uint64_t seed, const Ground& ground);

}  // namespace forebay::bench
