#include "fake_nccl.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <nccl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

struct ncclComm {
  int ranks, rank;
  std::atomic<ncclResult_t> state = ncclInProgress;
  std::atomic<bool> aborted = false;
};

namespace {

FakeNccl* fake = nullptr;

struct Part {
  ncclComm* comm;
  FakeStream* stream;
  void* values;
  std::size_t count;
  ncclDataType_t type;
};

// Calls come from one thread at a time.
std::vector<Part> group;
std::vector<ncclComm*> made;                   // in this group
std::vector<std::unique_ptr<ncclComm>> comms;  // of all: threads may still look at them
std::vector<std::jthread> gpus;

template <class Condition>
void wait_until(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

float to_float(float value) { return value; }
float to_float(__half value) { return __half2float(value); }
float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
void from_float(float value, float& to) { to = value; }
void from_float(float value, __half& to) { to = __float2half(value); }
void from_float(float value, __nv_bfloat16& to) { to = __float2bfloat16(value); }

template <class Value>
void average(const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.front().count; ++i) {
    float sum = 0;
    for (const Part& part : parts) sum += to_float(static_cast<Value*>(part.values)[i]);
    for (const Part& part : parts) {
      from_float(sum / static_cast<float>(parts.size()), static_cast<Value*>(part.values)[i]);
    }
  }
}

void average_all(const std::vector<Part>& parts) {
  if (parts.front().type == ncclFloat32) return average<float>(parts);
  if (parts.front().type == ncclFloat16) return average<__half>(parts);
  average<__nv_bfloat16>(parts);
}

// What the GPUs do: begin when all have come to it, and end.
void run(std::vector<Part> parts) {
  const auto aborted = [&] { return parts.front().comm->aborted.load(); };
  std::vector<int> places;
  for (const Part& part : parts) places.push_back(part.stream->queued++);
  for (const Part& part : parts) part.comm->state = ncclSuccess;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    wait_until([&] { return parts[i].stream->done >= places[i] || aborted(); });
  }
  if (!aborted()) average_all(parts);
  for (const Part& part : parts) {
    if (part.comm->rank == fake->breaks_at) part.comm->state = ncclUnhandledCudaError;
    if (part.comm->rank == fake->breaks_at || part.comm->rank == fake->never_ends_at) {
      wait_until(aborted);
    }
    ++part.stream->done;
  }
}

// The same on streams that the test has: they run it.
void queue(const std::vector<Part>& parts) {
  const auto aborted = [comm = parts.front().comm] { return comm->aborted.load(); };
  std::vector<void*> streams;
  for (const Part& part : parts) streams.push_back(part.stream);
  fake->meet(streams, [parts, aborted] {
    if (!aborted()) average_all(parts);
    for (const Part& part : parts) {
      if (part.comm->rank == fake->breaks_at) part.comm->state = ncclUnhandledCudaError;
    }
  });
  for (const Part& part : parts) {
    const int rank = part.comm->rank;
    if (rank == fake->breaks_at || rank == fake->never_ends_at) fake->hold(part.stream, aborted);
  }
}

bool fits_together(const std::vector<Part>& parts) {
  return parts.size() == static_cast<std::size_t>(parts.front().comm->ranks) &&
         std::ranges::all_of(parts, [&](const Part& part) {
           return part.count == parts.front().count && part.type == parts.front().type;
         });
}

}  // namespace

extern "C" {

void fake_nccl_use(FakeNccl* plan) {
  gpus.clear();  // joins
  comms.clear();
  fake = plan;
}

ncclResult_t ncclGetVersion(int* version) {
  *version = fake->version;
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t result) {
  return result == ncclUnhandledCudaError ? "unhandled cuda error" : "some error";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId*) { return ncclSuccess; }

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId, int rank,
                                    ncclConfig_t* config) {
  if (config->blocking != 0) return ncclInvalidUsage;
  *comm = comms.emplace_back(new ncclComm{ranks, rank}).get();
  made.push_back(*comm);
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  *state = comm->state;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  comm->aborted = true;
  ++fake->aborted;
  return ncclSuccess;
}
ncclResult_t ncclCommFinalize(ncclComm_t) { return ncclSuccess; }
ncclResult_t ncclCommDestroy(ncclComm_t) {
  ++fake->destroyed;
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() { return ncclSuccess; }

ncclResult_t ncclAllReduce(const void* from, void* to, std::size_t count, ncclDataType_t type,
                           ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream) {
  if (from != to || operation != ncclAvg) return ncclInvalidArgument;
  group.push_back({comm, reinterpret_cast<FakeStream*>(stream), to, count, type});
  return ncclInProgress;
}

ncclResult_t ncclGroupEnd() {
  for (ncclComm* comm : std::exchange(made, {})) {
    if (comm->rank == fake->init_fails_at) {
      comm->state = ncclSystemError;
    } else if (!fake->init_hangs) {
      comm->state = ncclSuccess;
    }
  }
  if (fake->at_once && !group.empty()) {
    average_all(group);
    group.clear();
    return ncclSuccess;
  }
  std::vector<Part> parts = std::exchange(group, {});
  if (parts.empty()) return ncclSuccess;
  if (!fits_together(parts)) return ncclInvalidUsage;
  if (fake->meet) {
    queue(parts);
    return ncclSuccess;
  }
  for (const Part& part : parts) part.comm->state = ncclInProgress;
  gpus.emplace_back(run, std::move(parts));
  return ncclInProgress;
}

}  // extern "C"
