#include <forebay/graph/inspect/nvml.hpp>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <forebay/graph/inspect/metrics.hpp>
#include <forebay/graph/inspect/registry.hpp>

namespace forebay::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

DeviceFacts device(const std::string& pci) {
  DeviceFacts device{"cuda:0", 0.5, 1, 2, 400};
  device.pci = pci;
  return device;
}

// The library in this process, which `Nvml` opens too.
class NvmlTest : public testing::Test {
 protected:
  NvmlTest() : library_(dlopen(FOREBAY_FAKE_NVML, RTLD_NOW)) { slow(0); }
  ~NvmlTest() override { dlclose(library_); }

  int calls() const { return reinterpret_cast<int (*)()>(dlsym(library_, "fake_calls"))(); }
  void slow(int milliseconds) {
    reinterpret_cast<void (*)(int)>(dlsym(library_, "fake_slow"))(milliseconds);
  }
  GpuFigures told(const std::string& pci) {
    std::vector<DeviceFacts> devices{device(pci)};
    nvml_.tell(devices);
    return devices[0].gpu;
  }

  void* library_;
  double now_ = 100;
  Nvml nvml_{FOREBAY_FAKE_NVML, [this] { return now_; }};
};

TEST_F(NvmlTest, TellsTheFiguresOfAGpu) {
  const GpuFigures gpu = told("0000:00:00.0");
  EXPECT_EQ(gpu.busy, 0.97);
  EXPECT_EQ(gpu.memory_used, 3e9);
  EXPECT_EQ(gpu.memory_total, 8e9);
  ASSERT_TRUE(gpu.power);
  EXPECT_NEAR(*gpu.power, 512.3, 1e-9);
  EXPECT_EQ(gpu.clock, 1755e6);
  EXPECT_EQ(gpu.clock_limit, 1980e6);
}

TEST_F(NvmlTest, LeavesOutWhatTheLibraryLacksOrRefuses) {
  EXPECT_EQ(told("0000:00:00.0").power_limit, std::nullopt);
  now_ += 1;
  const GpuFigures gpu = told("0000:01:00.0");
  EXPECT_EQ(gpu.memory_used, 3e9);
  for (const auto& figure : {gpu.busy, gpu.power, gpu.clock, gpu.clock_limit}) {
    EXPECT_EQ(figure, std::nullopt);
  }
}

TEST_F(NvmlTest, TellsNothingOfAGpuThatIsNotThere) {
  EXPECT_EQ(told("0000:02:00.0").memory_used, std::nullopt);
}

TEST_F(NvmlTest, TellsNothingWithoutALibrary) {
  Nvml none("libforebay-none.so.1", [] { return 0.0; });
  std::vector<DeviceFacts> devices{device("0000:00:00.0")};
  none.tell(devices);
  none.tell(devices);
  for (const auto& [name, figure] : kGpuFigures) EXPECT_FALSE(devices[0].gpu.*figure) << name;
}

TEST_F(NvmlTest, DoesNotAskOfOtherDevices) {
  const int before = calls();
  EXPECT_EQ(told("").busy, std::nullopt);
  EXPECT_EQ(calls(), before);
}

TEST_F(NvmlTest, AsksOnceASecond) {
  told("0000:00:00.0");
  const int once = calls();
  now_ += 0.9;
  EXPECT_EQ(told("0000:00:00.0").busy, 0.97);
  EXPECT_EQ(calls(), once);
  now_ += 0.1;
  told("0000:00:00.0");
  EXPECT_GT(calls(), once);
}

TEST_F(NvmlTest, RecallsNoFiguresThatAreOld) {
  told("0000:00:00.0");
  std::vector<DeviceFacts> devices{device("0000:00:00.0")};
  now_ += 2;
  nvml_.recall(devices);
  EXPECT_EQ(devices[0].gpu.busy, 0.97);
  devices[0].gpu = {};
  now_ += 1;
  nvml_.recall(devices);
  EXPECT_EQ(devices[0].gpu.busy, std::nullopt);
}

// Power takes 100 ms: then a second of rest.
TEST_F(NvmlTest, AsksASlowDriverLessOften) {
  Nvml slow_one(FOREBAY_FAKE_NVML);
  slow(100);
  std::vector<DeviceFacts> devices{device("0000:00:00.0"), device("0000:01:00.0")};
  slow_one.tell(devices);  // twice 100 ms, so two seconds
  const int once = calls();
  slow_one.tell(devices);
  EXPECT_EQ(calls(), once);
  EXPECT_EQ(devices[0].gpu.busy, 0.97);
}

TEST_F(NvmlTest, HoldsUpNobodyWhileTheDriverHangs) {
  Registry registry(FOREBAY_FAKE_NVML);
  const Publication devices =
      registry.publish_devices([] { return std::vector{device("0000:00:00.0")}; });
  slow(-1);
  const int before = calls();
  auto inspector = std::async(std::launch::async, [&] { return registry.process_report(); });
  while (calls() == before) std::this_thread::yield();  // it asks, and power comes after
  registry.leave(registry.enter({"g", [] { return GraphSnapshot{}; }, nullptr}));
  const Report other = registry.process_report();
  EXPECT_EQ(other.devices.at(0).gpu.power, std::nullopt) << "nothing was told yet";
  slow(0);
  EXPECT_TRUE(inspector.get().devices.at(0).gpu.power);
}

TEST_F(NvmlTest, IsInReportsJsonAndMetrics) {
  Registry registry(FOREBAY_FAKE_NVML);
  const Publication devices =
      registry.publish_devices([] { return std::vector{device("0000:00:00.0")}; });
  const Report report = report_from_json(to_json(registry.process_report()));
  EXPECT_EQ(report.devices.at(0).pci, "0000:00:00.0");
  EXPECT_EQ(report.devices[0].gpu.clock, 1755e6);
  EXPECT_EQ(report.devices[0].gpu.power_limit, std::nullopt);
  const std::string text = metrics(registry);
  EXPECT_THAT(text, HasSubstr("\nforebay_gpu_busy_ratio{device=\"cuda:0\"} 0.97\n"));
  EXPECT_THAT(text, HasSubstr("\nforebay_gpu_memory_used_bytes{device=\"cuda:0\"} 3e+09\n"));
  EXPECT_THAT(text, HasSubstr("\nforebay_gpu_clock_hertz{device=\"cuda:0\"} 1.755e+09\n"));
  EXPECT_THAT(text, Not(HasSubstr("forebay_gpu_power_limit_watts{")));
}

// The end of a run is told under the registry's lock: what is known, without asking.
TEST_F(NvmlTest, IsAtTheEndOfARunWhatWasToldLast) {
  Registry registry(FOREBAY_FAKE_NVML);
  const Publication devices =
      registry.publish_devices([] { return std::vector{device("0000:00:00.0")}; });
  std::vector<DeviceFacts> last;
  const Publication ends =
      registry.watch_ends([&last](const Report& report) { last = report.devices; });
  registry.process_report();
  const int once = calls();
  registry.leave(registry.enter({"g", [] { return GraphSnapshot{}; }, nullptr}));
  EXPECT_EQ(calls(), once);
  EXPECT_EQ(last.at(0).gpu.busy, 0.97);
}

}  // namespace
}  // namespace forebay::detail
