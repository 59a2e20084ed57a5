#include <forebay/graph/inspect/nvml.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace forebay::detail {
namespace {

constexpr double kShortestRest = 1;  // seconds
constexpr double kRest = 10;         // times as long as asking took

// NVML's binary interface, as far as it is used here; every function gives 0 for success.
using Device = struct nvmlDevice_st*;
struct Utilization {
  unsigned gpu, memory;  // percent
};
struct Memory {
  unsigned long long total, free, used;  // bytes
};
constexpr int kClockOfMultiprocessors = 1;

}  // namespace

/// The functions of the library; those that it lacks are null.
class Nvml::Library {
 public:
  explicit Library(const std::string& name) : handle_(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) return;
    find(init_, "nvmlInit_v2");
    find(shutdown_, "nvmlShutdown");
    find(device_at_, "nvmlDeviceGetHandleByPciBusId_v2");
    find(utilization_, "nvmlDeviceGetUtilizationRates");
    find(memory_, "nvmlDeviceGetMemoryInfo");
    find(power_, "nvmlDeviceGetPowerUsage");
    find(power_limit_, "nvmlDeviceGetEnforcedPowerLimit");
    find(clock_, "nvmlDeviceGetClockInfo");
    find(clock_limit_, "nvmlDeviceGetMaxClockInfo");
    ready_ = init_ != nullptr && device_at_ != nullptr && init_() == 0;
  }
  ~Library() {
    if (ready_ && shutdown_ != nullptr) shutdown_();
    if (handle_ != nullptr) dlclose(handle_);
  }
  Library(const Library&) = delete;  // closes once

  GpuFigures figures_of(const std::string& pci) const {
    GpuFigures figures;
    Device device = nullptr;
    if (!ready_ || device_at_(pci.c_str(), &device) != 0) return figures;
    if (Utilization use{}; utilization_ != nullptr && utilization_(device, &use) == 0) {
      figures.busy = use.gpu / 100.0;
    }
    if (Memory memory{}; memory_ != nullptr && memory_(device, &memory) == 0) {
      figures.memory_used = static_cast<double>(memory.used);
      figures.memory_total = static_cast<double>(memory.total);
    }
    figures.power = number(1e-3, power_, device);
    figures.power_limit = number(1e-3, power_limit_, device);
    figures.clock = number(1e6, clock_, device, kClockOfMultiprocessors);
    figures.clock_limit = number(1e6, clock_limit_, device, kClockOfMultiprocessors);
    return figures;
  }

 private:
  template <typename Function>
  void find(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(dlsym(handle_, name));
  }

  template <typename Function, typename... Arguments>
  static std::optional<double> number(double unit, Function* function, Arguments... arguments) {
    unsigned value = 0;
    if (function == nullptr || function(arguments..., &value) != 0) return std::nullopt;
    return unit * value;
  }

  void* handle_;
  bool ready_ = false;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*device_at_)(const char*, Device*) = nullptr;
  int (*utilization_)(Device, Utilization*) = nullptr;
  int (*memory_)(Device, Memory*) = nullptr;
  int (*power_)(Device, unsigned*) = nullptr;
  int (*power_limit_)(Device, unsigned*) = nullptr;
  int (*clock_)(Device, int, unsigned*) = nullptr;
  int (*clock_limit_)(Device, int, unsigned*) = nullptr;
};

Nvml::Nvml(std::string library, std::function<double()> clock)
    : library_name_(std::move(library)), clock_(std::move(clock)) {}

Nvml::~Nvml() = default;

double Nvml::steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Nvml::tell(std::vector<DeviceFacts>& devices) {
  const bool any = std::ranges::any_of(devices, [](const auto& each) { return !each.pci.empty(); });
  if (!any) return;
  if (const std::unique_lock alone(asking_, std::try_to_lock); alone && is_due(clock_())) {
    ask(devices);
  }
  recall(devices);
}

bool Nvml::is_due(double now) const {
  const std::lock_guard lock(mutex_);
  return rest_ < 0 || now - asked_ >= rest_;
}

void Nvml::ask(const std::vector<DeviceFacts>& devices) {
  if (!library_) library_ = std::make_unique<Library>(library_name_);
  const double begin = clock_();  // loading may take seconds, once
  std::map<std::string, GpuFigures> figures;
  for (const DeviceFacts& device : devices) {
    if (!device.pci.empty()) figures[device.pci] = library_->figures_of(device.pci);
  }
  const std::lock_guard lock(mutex_);
  figures_ = std::move(figures);
  asked_ = clock_();
  rest_ = std::max(kShortestRest, kRest * (asked_ - begin));
}

void Nvml::recall(std::vector<DeviceFacts>& devices) const {
  const double now = clock_();
  const std::lock_guard lock(mutex_);
  if (rest_ < 0 || now - asked_ > 2 * rest_) return;  // too old: nobody has looked
  for (DeviceFacts& device : devices) {
    if (const auto found = figures_.find(device.pci); found != figures_.end()) {
      device.gpu = found->second;
    }
  }
}

}  // namespace forebay::detail
