// A library in the place of NVIDIA's: two GPUs, of which the second fails some calls.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

std::atomic<int> calls = 0;
std::atomic<int> slow_ms = 0;  // that asking for power takes; negative: until it is not
struct Gpu {
  bool complete;
} gpus[] = {{true}, {false}};

constexpr int kNotSupported = 3, kNotFound = 6;

int answer(const Gpu* gpu, unsigned* value, unsigned is) {
  ++calls;
  if (!gpu->complete) return kNotSupported;
  *value = is;
  return 0;
}

}  // namespace

extern "C" {

int fake_calls() { return calls; }
void fake_slow(int milliseconds) { slow_ms = milliseconds; }

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }

int nvmlDeviceGetHandleByPciBusId_v2(const char* pci, Gpu** device) {
  for (int i : {0, 1}) {
    if (std::string(pci) != "0000:0" + std::to_string(i) + ":00.0") continue;
    *device = &gpus[i];
    return 0;
  }
  return kNotFound;
}

int nvmlDeviceGetUtilizationRates(Gpu* gpu, unsigned percent[2]) {
  percent[1] = 7;
  return answer(gpu, percent, 97);
}

int nvmlDeviceGetMemoryInfo(Gpu*, unsigned long long bytes[3]) {
  ++calls;
  bytes[0] = 8'000'000'000;
  bytes[1] = 5'000'000'000;
  bytes[2] = 3'000'000'000;
  return 0;
}

int nvmlDeviceGetPowerUsage(Gpu* gpu, unsigned* milliwatts) {
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::abs(slow_ms)));
  } while (slow_ms < 0);
  return answer(gpu, milliwatts, 512'300);
}
// nvmlDeviceGetEnforcedPowerLimit is not there, as in a library that is too old for it.

int nvmlDeviceGetClockInfo(Gpu* gpu, int type, unsigned* megahertz) {
  return answer(gpu, megahertz, type == 1 ? 1755 : 0);
}
int nvmlDeviceGetMaxClockInfo(Gpu* gpu, int type, unsigned* megahertz) {
  return answer(gpu, megahertz, type == 1 ? 1980 : 0);
}

}  // extern "C"
