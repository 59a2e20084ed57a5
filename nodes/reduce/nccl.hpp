#pragma once

// Averages gradient buckets between the GPUs of one process, through NCCL.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace forebay {

/// A place on a GPU's stream, set again and again.
class NcclMark {
 public:
  virtual ~NcclMark() = default;
  /// At the end of what is queued now. On the thread that queues, where the GPU is past the last
  /// place or that no longer matters.
  virtual void set() = 0;
  /// Whether the GPU is past the place that was set last. Does not wait. On any thread.
  virtual bool is_past() const = 0;
};

/// What NCCL needs of one GPU. Whoever fills it in keeps it valid while the `NcclMean` lives.
struct NcclRank {
  std::string name = {};           // for messages: "GPU 0 (NVIDIA H200)"
  void* stream = nullptr;          // a cudaStream_t of that GPU; collectives are queued there
  std::function<void()> use = {};  // makes it the GPU of the calling thread
  std::function<std::unique_ptr<NcclMark>()> make_mark = {};  // on `stream`
};

enum class NcclType : std::uint8_t { kFloat32, kFloat16, kBfloat16 };

struct NcclOptions {
  std::chrono::milliseconds deadline{60'000};  // of one collective, and of making the communicators
  std::chrono::milliseconds poll{20};          // how often the watcher looks
  std::string library = "libnccl.so.2";        // as the dynamic linker finds it
};

/// Why there is no NCCL and what to do about it, "cannot load NCCL, ..."; empty where there is.
/// Leaves it loaded.
std::string why_no_nccl(const std::string& library = NcclOptions().library);

/// One communicator per GPU. NCCL is loaded here, so that no program needs it before.
///
/// Nothing waits for ever: a thread of its own watches for errors that NCCL reports and for
/// collectives that are not done by their deadline. Then it aborts them all, which lets go whoever
/// waits for the streams, and every call from then on throws what happened, with the GPU's name.
class NcclMean {
 public:
  /// One rank per GPU, of which none may be there twice. Throws `Error` where there is no NCCL, or
  /// it is older than 2.14, or the GPUs do not find each other.
  explicit NcclMean(std::vector<NcclRank> ranks, NcclOptions options = {});
  /// Aborts what is not done.
  ~NcclMean();
  NcclMean(const NcclMean&) = delete;  // a thread holds its address

  /// Queues on each rank's stream: `values[rank]`, `count` of them in that GPU's memory, become
  /// their mean over all ranks, in place. Same counts and types in the same order on all ranks is
  /// what NCCL needs, so one thread issues all buckets, in the order of their indices; `what` is
  /// for messages: "bucket 3". The memory stays until the streams are past it. Allocates nothing
  /// once there have been as many at a time. Throws `Error`.
  void queue(std::span<void* const> values, std::size_t count, NcclType type, std::string what);

  /// Throws `Error` if something has failed; what the streams have done since then is worthless.
  void check() const;

  /// Waits for all that is queued. Throws as `check`.
  void wait() const;

 private:
  class Work;

  std::unique_ptr<Work> work_;
};

}  // namespace forebay
