#include <forebay/nodes/cuda/device.hpp>

#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/check.hpp>

namespace forebay::cuda {
namespace {

std::atomic<bool> hangs = false;

constexpr std::chrono::microseconds kPoll{50};  // of steps of milliseconds and more

void check_on(const GpuId& gpu, cudaError_t result, const char* what) {
  if (result != cudaSuccess) throw Error(failure_text(gpu.text(), what, result));
}

struct DestroyGraph {
  void operator()(cudaGraph_t graph) const { cudaGraphDestroy(graph); }
};
using Graph = std::unique_ptr<CUgraph_st, DestroyGraph>;

Graph end_capture(const Stream& stream, cudaError_t& result) {
  cudaGraph_t graph = nullptr;
  result = cudaStreamEndCapture(stream.get(), &graph);
  return Graph(graph);
}

/// Other threads use streams of their own meanwhile.
Graph capture(const Stream& stream, const std::function<void()>& queue) {
  cudaError_t result = cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal);
  check_on(stream.gpu(), result, "capture its work");
  try {
    queue();
  } catch (...) {
    end_capture(stream, result);
    cudaGetLastError();  // or the next launch reports it again
    throw;
  }
  Graph graph = end_capture(stream, result);
  if (result != cudaSuccess) cudaGetLastError();
  check_on(stream.gpu(), result, "capture its work");
  return graph;
}

}  // namespace

void use(const GpuId& gpu) { check_on(gpu, cudaSetDevice(gpu.number), "use it"); }

bool gpu_hangs() { return hangs; }

void Stream::Destroy::operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }

Stream::Stream(GpuId gpu) : gpu_(std::move(gpu)) {
  use(gpu_);
  cudaStream_t stream = nullptr;
  check_on(gpu_, cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "make a stream");
  stream_.reset(stream);
}

void Stream::copy(void* to, const void* from, std::size_t bytes) {
  use(gpu_);
  check_on(gpu_, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, get()), "copy");
}

void Stream::wait(const Event& event) {
  check_on(gpu_, cudaStreamWaitEvent(get(), event.get()), "wait for an event");
}

void Stream::synchronize() {
  Event end(gpu_);
  end.record(*this);
  end.synchronize();
}

void Event::Destroy::operator()(cudaEvent_t event) const { cudaEventDestroy(event); }

Event::Event(GpuId gpu) : gpu_(std::move(gpu)) {
  use(gpu_);
  cudaEvent_t event = nullptr;
  check_on(gpu_, cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "make an event");
  event_.reset(event);
}

void Event::record(const Stream& stream) {
  check_on(gpu_, cudaEventRecord(get(), stream.get()), "record an event");
}

void Event::synchronize(std::chrono::milliseconds limit) const {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_past()) {
    if (std::chrono::steady_clock::now() > end) {
      hangs = true;
      throw Error(hang_text(gpu_.text(), limit));
    }
    std::this_thread::sleep_for(kPoll);
  }
  check_on(gpu_, cudaEventQuery(get()), "run a training step");
}

bool Event::is_past() const { return cudaEventQuery(get()) != cudaErrorNotReady; }

void CapturedWork::Destroy::operator()(cudaGraphExec_t work) const { cudaGraphExecDestroy(work); }

CapturedWork::CapturedWork(Stream& stream, const std::function<void()>& queue) {
  const Graph graph = capture(stream, queue);
  cudaGraphExec_t work = nullptr;
  const cudaError_t result = cudaGraphInstantiate(&work, graph.get(), 0);
  if (result != cudaSuccess) cudaGetLastError();
  check_on(stream.gpu(), result, "make a graph of its work");
  work_.reset(work);
}

void CapturedWork::launch(Stream& stream) const {
  check_on(stream.gpu(), cudaGraphLaunch(work_.get(), stream.get()), "run a training step");
}

void PinnedMemory::free(std::byte* block) {
  if (!gpu_hangs()) cudaFreeHost(block);
}

PinnedMemory::PinnedMemory(std::size_t bytes) {
  if (bytes == 0) return;
  void* block = nullptr;
  const cudaError_t result = cudaHostAlloc(&block, bytes, cudaHostAllocPortable);
  if (result != cudaSuccess) {
    cudaGetLastError();  // or the next launch reports it again
    throw Error(fmt::format(
        "the system does not pin {} MiB of the host's memory for GPUs to copy from: {}; "
        "give a smaller batch, or a machine with more memory",
        bytes >> 20, cudaGetErrorString(result)));
  }
  block_.reset(static_cast<std::byte*>(block));
}

}  // namespace forebay::cuda
