#pragma once

// What limits a running graph, what to change, and what that will gain.

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/snapshot.hpp>

namespace forebay {

/// What holds a graph back.
enum class Limit : std::uint8_t {
  kUnknown,      // too little was seen to say
  kConcurrency,  // a node's workers are all busy
  kSerial,       // so is a node's only one, and there cannot be more
  kReading,      // a source with threads of its own gives no more
  kCores,        // bodies take all the cores, or all the pool's threads, there are
  kDevice,       // the devices are busy all the time
  kLockStep,     // devices are not, but wait for each other and for what ends a step
  kAllReduce,    // adding up what devices give
  kQueue,        // too few places: slow items hold the window, and workers wait
  kMemory,       // the same by `queue_bytes`
};

/// What cannot be set (devices, reading, cores) is thought of as so many times as fast.
constexpr double kTimesFaster = 4;

/// A limit and where it is; of several devices the slowest. Without a node for kCores, kUnknown.
struct Bound {
  Limit limit = Limit::kUnknown;
  std::string node = {};
  friend bool operator==(const Bound&, const Bound&) = default;
};

/// A setting and its new value: `Graph::set(path(), to)`.
struct SettingChange {
  std::string node, setting;
  std::size_t from = 0, to = 0;
  std::string path() const { return node + "." + setting; }  // "decode.concurrency"
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

/// What was measured at the limit. Shares are of its workers' time, 0 to 1.
struct Evidence {
  std::size_t workers = 0;                       // its concurrency, and its helpers'
  std::string helpers;                           // that take from the same queue: "a, b"
  double busy = 0;                               // in the body, or ready for it
  double waiting = 0;                            // items in its input, mean
  std::size_t places = 0;                        // of that input
  double before_blocked = 0, after_starved = 0;  // of the nodes that feed it, and that it feeds
  double cores_used = 0, cores = 0;              // by bodies; that there are
  std::string most_cores;                        // the node that uses most of them
  double most_share = 0;                         // and its share of what is used
};

/// A device that takes longer than the others for the same work.
struct Straggler {
  std::string node;
  double slower = 0;              // 0.2: takes a fifth longer than the median of the others
  double samples_per_second = 0;  // predicted, were it as fast as they
};

/// The answer to "why is it not faster". A sample is an item of the first source.
struct Verdict {
  Bound bound;
  Evidence evidence;
  double samples_per_second = 0;       // measured
  std::vector<SettingChange> changes;  // to make together; none where nothing is to be gained
  double predicted = 0;                // samples per second after them
  Bound next;                          // what binds then, or were `bound` so much faster
  double next_samples_per_second = 0;  // at which it does
  bool balanced = false;  // removing `bound` alone would gain less than is worth a change

  std::vector<SettingChange> spare;  // could be so low together at no loss
  std::optional<Straggler> straggler;
  std::optional<double> larger_batch;  // gain of a batch twice as large, at most; 0.1: a tenth more
};

/// Says what limits the graph that `difference` was measured on, from that alone: a pure function
/// (no clock, no I/O, the same answer every time) that any thread may call. It simulates the graph
/// as it is and as it would be with each limit removed, so it takes some ten milliseconds per node.
/// `difference` is of two snapshots of one run with a few hundred items between them, the first
/// taken when the queues had filled. Throws `Error` when it is not of a whole graph. See
/// docs/diagnosis.md.
Verdict diagnose(const GraphSnapshot& difference, const Machine& machine);

/// The limit by name: "the cores", "decode", "batch.queue". All devices have one.
std::string describe(const Bound& bound);
/// The verdict in sentences, a line each; samples are called `unit`.
std::string describe(const Verdict& verdict, const std::string& unit = "items");

}  // namespace forebay
