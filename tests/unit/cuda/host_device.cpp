#include "host_device.hpp"

#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/random.hpp>

// What the driver keeps behind its handles.
struct CUevent_st {
  std::shared_ptr<bool> done;  // of what it recorded last; null before
};
struct CUstream_st {
  struct Item {
    std::function<void()> work;
    std::shared_ptr<const bool> wait;  // or what this item waits for
    std::shared_ptr<bool> record;      // or what it tells
    std::function<bool()> until;       // or what has to hold before the next

    bool ready() const { return (!wait || *wait) && (!until || until()); }
  };
  std::deque<Item> items;
  std::vector<Item>* captured = nullptr;  // where its work goes instead, if it is captured
};
struct CUgraphExec_st {
  std::vector<CUstream_st::Item> items;
};

namespace forebay::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::align_val_t kAlignment{256};

/// All streams of the process. Locked by whoever uses it.
class Queues {
 public:
  std::mutex mutex;
  HostOrder order = HostOrder::kAtOnce;
  Random random{0};
  std::set<CUstream_st*> streams;
  std::size_t most_captured = kNoLimit;
  std::size_t calls = 0;

  /// What a stream is given by one call.
  void call(CUstream_st* stream, CUstream_st::Item item) {
    ++calls;
    if (stream->captured == nullptr) return add(stream, std::move(item));
    if (item.wait || item.record) throw std::logic_error("only work is captured");
    if (stream->captured->size() >= most_captured) throw Error("the host captures no more calls");
    stream->captured->push_back(std::move(item));
  }

  void add(CUstream_st* stream, CUstream_st::Item item) {
    stream->items.push_back(std::move(item));
    if (order == HostOrder::kAtOnce) run_all(stream);
    if (order == HostOrder::kRandom) run_some();
  }

  void run_all(CUstream_st* stream) {
    while (!stream->items.empty()) run_next(stream);
  }

  /// Or until the time is up.
  void run_until(const bool& done, Clock::time_point end) {
    for (CUstream_st* stream : streams) {
      if (records(*stream, done)) {
        while (!done && Clock::now() < end) run_next(stream, end);
      }
    }
  }

 private:
  static bool records(const CUstream_st& stream, const bool& done) {
    for (const auto& item : stream.items) {
      if (item.record.get() == &done) return true;
    }
    return false;
  }

  // Or a part of what it waits for; another thread may have run it then.
  void run_next(CUstream_st* stream, Clock::time_point end = Clock::time_point::max()) {
    if (!stream->items.front().ready()) return come_nearer(stream->items.front(), end);
    const CUstream_st::Item item = std::move(stream->items.front());
    stream->items.pop_front();
    if (item.work) item.work();
    if (item.record) *item.record = true;
  }

  // Takes the item as a copy: others run meanwhile.
  void come_nearer(CUstream_st::Item item, Clock::time_point end) {
    if (item.wait) return run_until(*item.wait, end);
    mutex.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    mutex.lock();
  }

  // A few items of streams that are not waiting.
  void run_some() {
    for (CUstream_st* stream : streams) {
      while (!stream->items.empty() && random.below(3) == 0) {
        if (!stream->items.front().ready()) break;
        run_next(stream);
      }
    }
  }
};

Queues& queues() {
  static Queues all;
  return all;
}

/// While it lives, a stream's calls go to `items`.
class Capture {
 public:
  Capture(CUstream_st* stream, std::vector<CUstream_st::Item>& items) : stream_(stream) {
    const std::lock_guard lock(queues().mutex);
    stream_->captured = &items;
  }
  ~Capture() {
    const std::lock_guard lock(queues().mutex);
    stream_->captured = nullptr;
  }
  Capture(const Capture&) = delete;  // ends once

 private:
  CUstream_st* stream_;
};

}  // namespace

void set_host_order(HostOrder order, std::uint64_t seed) {
  const std::lock_guard lock(queues().mutex);
  queues().order = order;
  queues().random = Random(seed);
}

void limit_host_capture(std::size_t calls) {
  const std::lock_guard lock(queues().mutex);
  queues().most_captured = calls;
}

std::size_t host_calls() {
  const std::lock_guard lock(queues().mutex);
  return queues().calls;
}

void queue_on_host(cudaStream_t stream, std::function<void()> work) {
  if (stream == nullptr) return work();
  const std::lock_guard lock(queues().mutex);
  queues().call(stream, {.work = std::move(work), .wait = {}, .record = {}, .until = {}});
}

void meet_on_host(std::span<const cudaStream_t> streams, std::function<void()> work) {
  const std::lock_guard lock(queues().mutex);
  std::vector<std::shared_ptr<bool>> come;
  for (cudaStream_t stream : streams) {
    come.push_back(std::make_shared<bool>(false));
    queues().add(stream, {.work = {}, .wait = {}, .record = come.back(), .until = {}});
  }
  const auto done = std::make_shared<bool>(false);
  for (const auto& there : come) {
    queues().add(streams[0], {.work = {}, .wait = there, .record = {}, .until = {}});
  }
  queues().add(streams[0], {.work = std::move(work), .wait = {}, .record = done, .until = {}});
  for (cudaStream_t stream : streams) {
    queues().add(stream, {.work = {}, .wait = done, .record = {}, .until = {}});
  }
}

void hold_on_host(cudaStream_t stream, std::function<bool()> until) {
  const std::lock_guard lock(queues().mutex);
  queues().call(stream, {.work = {}, .wait = {}, .record = {}, .until = std::move(until)});
}

void use(const GpuId& /*gpu*/) {}

bool gpu_hangs() { return false; }  // what is held here is let go in the end

void Stream::Destroy::operator()(cudaStream_t stream) const {
  const std::lock_guard lock(queues().mutex);
  queues().run_all(stream);
  queues().streams.erase(stream);
  delete stream;
}

Stream::Stream(GpuId gpu) : gpu_(std::move(gpu)), stream_(new CUstream_st) {
  const std::lock_guard lock(queues().mutex);
  queues().streams.insert(get());
}

void Stream::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) queue_on_host(get(), [=] { std::memcpy(to, from, bytes); });
}

void Stream::wait(const Event& event) {
  const std::lock_guard lock(queues().mutex);
  const auto& done = event.get()->done;
  if (done) queues().call(get(), {.work = {}, .wait = done, .record = {}, .until = {}});
}

void Stream::synchronize() {
  const std::lock_guard lock(queues().mutex);
  queues().run_all(get());
}

void Event::Destroy::operator()(cudaEvent_t event) const { delete event; }

Event::Event(GpuId gpu) : gpu_(std::move(gpu)), event_(new CUevent_st) {}

void Event::record(const Stream& stream) {
  const std::lock_guard lock(queues().mutex);
  get()->done = std::make_shared<bool>(false);
  queues().call(stream.get(), {.work = {}, .wait = {}, .record = get()->done, .until = {}});
}

void Event::synchronize(std::chrono::milliseconds limit) const {
  const std::lock_guard lock(queues().mutex);
  const auto done = get()->done;
  if (done) queues().run_until(*done, Clock::now() + limit);
  if (done && !*done) throw Error(hang_text(gpu_.text(), limit));
}

bool Event::is_past() const {
  const std::lock_guard lock(queues().mutex);
  return !get()->done || *get()->done;
}

void CapturedWork::Destroy::operator()(cudaGraphExec_t work) const { delete work; }

CapturedWork::CapturedWork(Stream& stream, const std::function<void()>& queue)
    : work_(new CUgraphExec_st) {
  const Capture capture(stream.get(), work_->items);
  queue();
}

void CapturedWork::launch(Stream& stream) const {
  const std::lock_guard lock(queues().mutex);
  ++queues().calls;
  for (const CUstream_st::Item& item : work_->items) queues().add(stream.get(), item);
}

void PinnedMemory::free(std::byte* block) { ::operator delete(block, kAlignment); }

PinnedMemory::PinnedMemory(std::size_t bytes)
    : block_(static_cast<std::byte*>(::operator new(bytes, kAlignment))) {}

void GpuMemory::Free::operator()(std::byte* block) const { ::operator delete(block, kAlignment); }

// Filled with what is not a number, so that reading what nothing wrote shows.
GpuMemory::GpuMemory(int /*gpu*/, std::size_t bytes)
    : block_(static_cast<std::byte*>(::operator new(bytes, kAlignment))) {
  std::memset(block_.get(), 0xff, bytes);
}

}  // namespace forebay::cuda
