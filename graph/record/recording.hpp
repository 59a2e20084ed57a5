#pragma once

// What a recorded run holds: a file of JSON lines that docs/recording.md describes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/graph/inspect/step.hpp>

namespace forebay {

/// One start of the program: a run that was resumed has several. Times are in seconds since 1970.
struct RecordedStart {
  double time = 0;
  std::string host;  // its name
  int cpus = 0;
  double cpus_usable = 0;
  std::string program;
  std::vector<std::string> command;
};

/// A node with its settings as they were last.
struct RecordedNode {
  std::string name, kind;
  std::vector<std::string> inputs;  // the nodes that feed it
  std::size_t concurrency = 0;
  std::size_t queue = 0, queue_bytes = 0;  // of each input; 0 bytes: no limit
  friend bool operator==(const RecordedNode&, const RecordedNode&) = default;
};

/// Graphs of one name and shape, which may have run many times.
struct RecordedGraph {
  std::string name, samples;        // "images"
  std::vector<RecordedNode> nodes;  // as many as `NodeStep`s are kept
};

struct RecordedDevice {
  std::string name;
  std::uint64_t memory = 0;  // bytes
  friend bool operator==(const RecordedDevice&, const RecordedDevice&) = default;
};

/// A `ProgressFacts` without what changes all the time.
struct RecordedProgress {
  std::string label, unit;
  double total = 0;
  std::vector<std::string> figures;  // names
  bool means = false;
  friend bool operator==(const RecordedProgress&, const RecordedProgress&) = default;
};

/// What happened in a second, or less where a run began or ended meanwhile.
struct RecordedStep {
  double time = 0;                   // when it ended
  double seconds = 0;                // its length; of that of the run, where a graph ran
  std::optional<std::size_t> graph;  // that ran, in `Recording::graphs`
  bool ends = false;                 // the run ended then
  double samples = 0;                // done in it
  std::vector<NodeStep> nodes;
  std::vector<std::pair<std::size_t, std::uint64_t>> errors;  // node, bodies that threw
  HostUse host;
  std::vector<DeviceStep> devices;
  std::optional<std::size_t> progress;    // in `Recording::progress`
  std::vector<std::vector<double>> told;  // for each of those: what is done, then its figures
};

/// A setting that was changed while the program ran, or between two runs of a graph.
struct RecordedChange {
  double time = 0;
  std::size_t graph = 0;
  SettingChange change;
};

/// What limited a graph.
struct RecordedVerdict {
  double time = 0;
  std::size_t graph = 0;
  Bound bound;
  double samples_per_second = 0, predicted = 0;
  std::string text;  // sentences, a line each
};

/// All of it, the oldest first.
struct Recording {
  std::vector<RecordedStart> starts;
  std::vector<RecordedGraph> graphs;
  std::vector<RecordedDevice> devices;  // that were told last
  std::vector<std::vector<RecordedProgress>> progress;
  std::vector<RecordedStep> steps;
  std::vector<RecordedChange> changes;
  std::vector<RecordedVerdict> verdicts;
};

/// Reads the file, of which the last line may be incomplete: then the program was killed, and what
/// is before counts. Takes about 400 bytes of memory per second of a run. Throws `Error`: it cannot
/// be read, is no recording, is of a newer version or damaged.
Recording read_recording(const std::string& path);

}  // namespace forebay
