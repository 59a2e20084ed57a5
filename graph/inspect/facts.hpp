#pragma once

// What a program tells about itself beside its graphs: devices, progress, what nodes stand for.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace forebay {

/// What a GPU's driver measures of it, whichever program uses it. What it does not tell is missing.
struct GpuFigures {
  std::optional<double> busy = {};  // share of the last second or less, 0 to 1
  std::optional<double> memory_used = {}, memory_total = {};  // bytes
  std::optional<double> power = {}, power_limit = {};         // watts
  std::optional<double> clock = {}, clock_limit = {};         // of its multiprocessors, hertz
};

/// By name.
constexpr std::pair<const char*, std::optional<double> GpuFigures::*> kGpuFigures[] = {
    {"busy", &GpuFigures::busy},
    {"memory_used", &GpuFigures::memory_used},
    {"memory_total", &GpuFigures::memory_total},
    {"power", &GpuFigures::power},
    {"power_limit", &GpuFigures::power_limit},
    {"clock", &GpuFigures::clock},
    {"clock_limit", &GpuFigures::clock_limit}};

/// One device as it is now.
struct DeviceFacts {
  std::string name;                                 // "cuda:0"
  double busy = 0;                                  // share of the last moments, 0 to 1
  std::uint64_t memory_used = 0, memory_total = 0;  // bytes
  double samples_per_second = 0;
  std::string pci = {};  // "0000:3b:00.0", where NVIDIA's driver has it; empty: no GPU of theirs
  GpuFigures gpu = {};   // whoever publishes leaves it empty
};

/// How far something has come: {"epoch 3 of 90", 4'096, 1'281'167, "images"}.
struct ProgressFacts {
  std::string label;
  double done = 0, total = 0;
  std::string unit;
  std::map<std::string, double> figures = {};  // more to say: {"loss", 2.31}; told while finite
  bool means = false;  // the figures are means over all that is done, not of the last moments
};

/// What the nodes of a program's graphs stand for. Names that a graph does not have are ignored.
struct NodeRoles {
  std::vector<std::string> devices;     // their body is a device's work, replica by replica
  std::vector<std::string> all_reduce;  // they add up what the devices give
  std::string samples;                  // what the first source's items are called: "images"
};

/// Something that inspectors are told while this lives.
class [[nodiscard]] Publication {
 public:
  Publication() = default;
  explicit Publication(std::function<void()> withdraw) : withdraw_(std::move(withdraw)) {}
  ~Publication() { reset(); }
  Publication(Publication&& other) noexcept : withdraw_(std::exchange(other.withdraw_, nullptr)) {}
  Publication& operator=(Publication&& other) noexcept {
    if (this != &other) {
      reset();
      withdraw_ = std::exchange(other.withdraw_, nullptr);
    }
    return *this;
  }

  /// Ends it. When this returns, the function is not running and will not be called again; so do
  /// not hold a lock here that the function takes.
  void reset() {
    if (withdraw_) std::exchange(withdraw_, nullptr)();
  }

 private:
  std::function<void()> withdraw_;
};

/// From now on inspectors are told what `devices` (or `progress`) gives. It is called on a thread
/// of its own, only when somebody looks; it must be quick. What it throws is taken for nothing to
/// tell. Any thread.
Publication publish_devices(std::function<std::vector<DeviceFacts>()> devices);
Publication publish_progress(std::function<ProgressFacts()> progress);

/// From now on inspectors are told of these roles too. Any thread.
Publication publish_roles(NodeRoles roles);

}  // namespace forebay
