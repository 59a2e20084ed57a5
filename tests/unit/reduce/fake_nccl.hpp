#pragma once

// A library in NCCL's place whose ranks have their memory on the host, and what goes wrong in it.

#include <atomic>

/// In place of a GPU's stream: pieces of work queued, and done in that order.
struct FakeStream {
  std::atomic<int> queued = 0, done = 0;
};

struct FakeNccl {
  int version = 22809;
  int init_fails_at = -1;  // rank
  bool init_hangs = false;
  int breaks_at = -1;      // rank whose communicator reports an error while a collective runs
  int never_ends_at = -1;  // rank whose GPU does not end a collective
  std::atomic<int> aborted = 0, destroyed = 0;  // communicators, so far
};
