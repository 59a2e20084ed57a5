#include <forebay/nodes/reduce/cuda_rank.hpp>

#include <fmt/format.h>

#include <memory>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

void check(cudaError_t result, const std::string& gpu, const char* what) {
  if (result == cudaSuccess) return;
  throw Error(fmt::format("{}: {}: {}", gpu, what, cudaGetErrorString(result)));
}

struct Destroy {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};

std::function<bool()> mark(const std::string& gpu, cudaStream_t stream) {
  cudaEvent_t made = nullptr;
  check(cudaEventCreateWithFlags(&made, cudaEventDisableTiming), gpu, "make an event");
  const std::shared_ptr<CUevent_st> event(made, Destroy{});
  check(cudaEventRecord(made, stream), gpu, "record an event");
  // Whatever failed is past; the replica's own calls tell of it.
  return [event] { return cudaEventQuery(event.get()) != cudaErrorNotReady; };
}

}  // namespace

NcclRank cuda_rank(int number, std::string name, cudaStream_t stream) {
  return {.name = name,
          .stream = stream,
          .use = [number, name] { check(cudaSetDevice(number), name, "use it"); },
          .mark = [name, stream] { return mark(name, stream); }};
}

}  // namespace forebay
