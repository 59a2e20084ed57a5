#pragma once

// Keeps a compact history of what the graphs of this process do, in a file.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace forebay {

/// What to do with a recording that is there already. A file of any other kind is left alone.
enum class Existing : std::uint8_t {
  kRefuse,
  kContinue,  // as a further start of the same run
  kReplace,
};

struct RecorderOptions {
  std::string path;
  Existing existing = Existing::kRefuse;
  /// Is told once, on the recorder's thread, why something could not be written. Recording goes on
  /// as soon as it can be again.
  std::function<void(const std::string&)> warn = {};
};

/// While this lives, the longest running graph of the process and all that inspectors are told are
/// recorded, once a second and at the end of each run; docs/recording.md describes the file. Works
/// on a thread of its own: no graph waits for the disk.
class Recorder {
 public:
  /// Throws `Error`: the file cannot be opened, is refused, damaged, or another process's.
  explicit Recorder(RecorderOptions options);
  /// Records what is left.
  ~Recorder();
  Recorder(const Recorder&) = delete;  // owns a thread

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace forebay
