#pragma once

// The lines of a recording: what each says as a struct, to text and back.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <forebay/graph/record/recording.hpp>

namespace forebay::detail {

constexpr int kRecordingVersion = 1;

// A line with its end. Graphs and sets of progress have numbers in the order of their lines since
// the last start, from 0 on.
std::string line_of(const RecordedStart& start);
std::string line_of(const RecordedGraph& graph);
std::string line_of(const std::vector<RecordedDevice>& devices);
std::string line_of(const std::vector<RecordedProgress>& progress);
std::string line_of(const RecordedStep& step);
std::string line_of(const RecordedChange& change);
std::string line_of(const RecordedVerdict& verdict);

/// What a recording of any version begins with.
constexpr std::string_view kRecordingBegin = "{\"forebay recording\":";

/// Whether both are graphs of one name with the same nodes and edges.
bool same_shape(const RecordedGraph& a, const RecordedGraph& b);

/// Adds up lines. Not for several threads.
class LineReader {
 public:
  /// One more, without its end. Throws a std::exception where it cannot be part of a recording; a
  /// kind of line that is not known is passed over.
  void read(std::string_view line);

  Recording take() { return std::move(recording_); }

 private:
  Recording recording_;
  std::vector<std::size_t> graphs_;  // by their numbers since the last start
  std::size_t first_progress_ = 0;   // since then
};

/// Gives all whole lines of a file to `reader`; returns their bytes. Throws `Error` as
/// `read_recording`.
std::uint64_t read_lines(const std::string& path, LineReader& reader);

}  // namespace forebay::detail
