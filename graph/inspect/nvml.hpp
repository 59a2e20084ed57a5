#pragma once

// What NVIDIA's driver measures of its GPUs, asked through NVML.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <forebay/graph/inspect/facts.hpp>

namespace forebay::detail {

/// Loads the driver's library when first asked of a GPU, so that no program needs it; where it is
/// not, there are no figures. Every function is for any thread and throws nothing but for lack of
/// memory.
class Nvml {
 public:
  static constexpr const char* kLibrary = "libnvidia-ml.so.1";

  /// `clock` tells seconds that only rise.
  explicit Nvml(std::string library = kLibrary, std::function<double()> clock = steady_seconds);
  ~Nvml();
  Nvml(const Nvml&) = delete;  // has the library open

  /// Fills in `gpu` of all that have a `pci`. Asks the driver when its last answers are a second
  /// old, or ten times as old as they took: some milliseconds, or as long as the driver hangs.
  /// Meanwhile, and on other threads while one asks, tells the last answers.
  void tell(std::vector<DeviceFacts>& devices);

  /// That, without asking: microseconds.
  void recall(std::vector<DeviceFacts>& devices) const;

  // Held over a fork, as the registry. A child of a process that asks just then has no figures.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  static double steady_seconds();

 private:
  class Library;

  bool is_due(double now) const;
  void ask(const std::vector<DeviceFacts>& devices);

  const std::string library_name_;
  const std::function<double()> clock_;
  std::mutex asking_;                          // held while the driver is asked; guards the next
  std::unique_ptr<Library> library_;           // null before it was needed
  mutable std::mutex mutex_;                   // guards all below
  std::map<std::string, GpuFigures> figures_;  // by place
  double asked_ = 0, rest_ = -1;               // seconds; never asked: negative
};

}  // namespace forebay::detail
