#pragma once

// A library in NCCL's place whose ranks have their memory on the host, and what goes wrong in it.

#include <dlfcn.h>

#include <atomic>
#include <functional>
#include <span>

/// In place of a GPU's stream, where a test has none of its own: pieces of work queued, and done in
/// that order.
struct FakeStream {
  std::atomic<int> queued = 0, done = 0;
};

struct FakeNccl {
  int version = 22809;
  int init_fails_at = -1;  // rank
  bool init_hangs = false;
  bool at_once = false;    // collectives are done when they are queued, and allocate nothing
  int breaks_at = -1;      // rank whose communicator reports an error while a collective runs
  int never_ends_at = -1;  // rank whose GPU does not end a collective before it is aborted
  std::atomic<int> aborted = 0, destroyed = 0;  // communicators, so far

  /// Where a test has streams of its own: work that runs once, when all of them have come to it,
  /// and then all go on; and what keeps one back until a condition holds.
  std::function<void(std::span<void* const> streams, std::function<void()> work)> meet;
  std::function<void(void* stream, std::function<bool()> until)> hold;
};

/// The library, in this process until the end of the test.
class FakeNcclLibrary {
 public:
  FakeNcclLibrary(const char* path, FakeNccl& plan) : library_(dlopen(path, RTLD_NOW)) {
    use(&plan);
  }
  ~FakeNcclLibrary() {
    use(nullptr);
    dlclose(library_);
  }
  FakeNcclLibrary(const FakeNcclLibrary&) = delete;  // closed once

  /// Waits for what is running as `FakeNccl` planned it before.
  void use(FakeNccl* plan) {
    reinterpret_cast<void (*)(FakeNccl*)>(dlsym(library_, "fake_nccl_use"))(plan);
  }

 private:
  void* library_;
};
