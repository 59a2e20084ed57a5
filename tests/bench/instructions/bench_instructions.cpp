// The work whose instructions `check` counts, under callgrind: only what the functions count_...
// call, and only on this thread. Each repeats it so often that what happens once (a graph's begin
// and end) is below 1 %, after it was done uncounted.
//
// Valgrind 3.19 shows no AVX-512, so code that is chosen when the program runs is that for AVX2.
//
// Prints what else the counts depend on, then how often each function does its work.

#include <gnu/libc-version.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/version.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/planes.hpp>

namespace {

using namespace forebay;

constexpr int kHops = 60'000;  // of 20,000 items
constexpr int kDecodes = 200;
constexpr int kAugments = 100;

/// Leaves this thread as the only one that works for graphs, whose share would else vary. Even
/// where one thread is allowed oneTBB has one worker, for what is enqueued: it waits here.
class WorkerAside {
 public:
  WorkerAside() {
    arena_.enqueue([this, over = over_.get_future().share()] {
      arrived_.set_value();
      over.wait();
    });
    arrived_.get_future().wait();
  }
  ~WorkerAside() { over_.set_value(); }

 private:
  tbb::global_control one_{tbb::global_control::max_allowed_parallelism, 1};
  tbb::task_arena arena_{1};
  std::promise<void> arrived_, over_;
};

void hops(int count) {
  Graph graph("hops", {.threads = 1});
  graph.source("input", NodeSettings{},
               [next = 0, items = count / 3]() mutable -> std::optional<int> {
                 return next < items ? std::optional(next++) : std::nullopt;
               }) >>
      graph.transform("first", {.queue = 64}, [](int i) { return i; }) >>
      graph.transform("second", {.queue = 64}, [](int i) { return i; }) >>
      graph.sink("third", {.queue = 64}, [](int) {});
  graph.run();
}

/// One photo's way to a sample, as train_imagenet has it.
class Sampling {
 public:
  Sampling() {
    std::ifstream file(FOREBAY_FIXTURES "/image/rgb420.jpg", std::ios::binary);
    for (char byte; file.get(byte);) jpeg_.push_back(static_cast<std::byte>(byte));
    photo_ = decode();
  }

  YccPart decode() const {
    const auto all = [](ImageSize size) {
      return WantedPart{{0, 0, size.height, size.width}, size};
    };
    return decode_planes(jpeg_, pool_, all).value();
  }

  void augment(std::uint64_t item) const {
    augment_(photo_, Random(1, 2, item), batch_->sample(0));
  }

 private:
  std::vector<std::byte> jpeg_;
  ImagePool pool_;
  Augment augment_{imagenet_train()};
  BatchHandle batch_ = BatchPool(1, augment_.options().image_shape).take();
  YccPart photo_;
};

}  // namespace

extern "C" {

[[gnu::noinline]] void count_graph_hop() { hops(kHops); }

[[gnu::noinline]] void count_decode(const Sampling& sampling) {
  for (int i = 0; i < kDecodes; ++i) sampling.decode();
}

[[gnu::noinline]] void count_augment(const Sampling& sampling) {
  for (int i = 0; i < kAugments; ++i) sampling.augment(static_cast<std::uint64_t>(i));
}

}  // extern "C"

int main() {
  const WorkerAside aside;
#if defined(__x86_64__)
  const char* vectors = __builtin_cpu_supports("avx2") ? "AVX2" : "no AVX2";
#else
  const char* vectors = "not x86-64";
#endif
  std::printf("g++ " __VERSION__ " " FOREBAY_FLAGS ", glibc %s, oneTBB %s, %s\n",
              gnu_get_libc_version(), TBB_runtime_version(), vectors);
  std::printf("graph_hop %d\ndecode %d\naugment %d\n", kHops, kDecodes, kAugments);

  hops(300);
  count_graph_hop();
  const Sampling sampling;
  sampling.augment(0);
  count_decode(sampling);
  count_augment(sampling);
}
