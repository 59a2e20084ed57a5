#include <forebay/graph/inspect/host.hpp>

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace forebay {
namespace {

constexpr std::uint64_t kSector = 512;  // of /proc/diskstats, whatever the disk's is

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Use>
void for_each_line(std::string_view text, const Use& use) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) use(line);
}

// A real disk: not a partition (those are not in /sys/block), not a loop, and not one made of
// others, whose bytes would count twice.
bool is_whole_disk(std::string_view name) {
  for (const char* prefix : {"loop", "ram", "zram", "dm-", "md"}) {
    if (name.starts_with(prefix)) return false;
  }
  return access(("/sys/block/" + std::string(name)).c_str(), F_OK) == 0;
}

std::uint64_t resident_bytes() {
  std::uint64_t all = 0, resident = 0;
  std::istringstream(text_of("/proc/self/statm")) >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The folders of this process's control group and of those it is in, innermost first, of version 2
// (`controller` empty) or of a controller of version 1. In a container they may not all be there.
std::vector<std::string> group_folders(const std::string& controller) {
  const std::string root = "/sys/fs/cgroup" + (controller.empty() ? "" : "/" + controller);
  std::string group;
  for_each_line(text_of("/proc/self/cgroup"), [&](const std::string& line) {
    const auto name = line.find(':') + 1, path = line.find(':', name) + 1;
    if (line.substr(name, path - name - 1) == controller) group = line.substr(path);
  });
  std::vector<std::string> folders;
  for (; group.size() > 1; group.resize(group.rfind('/'))) folders.push_back(root + group);
  folders.push_back(root);
  return folders;
}

// The least of the quotas; 0 where none is set.
double group_quota() {
  double least = 0;
  const auto limit = [&least](double quota) {
    if (quota > 0) least = least > 0 ? std::min(least, quota) : quota;
  };
  for (const std::string& folder : group_folders("")) {
    limit(detail::read_quota(text_of(folder + "/cpu.max")));
  }
  const std::string version_1 = "/sys/fs/cgroup/cpu/cpu.cfs_";
  limit(
      detail::read_quota(text_of(version_1 + "quota_us") + " " + text_of(version_1 + "period_us")));
  return least;
}

// What the control groups leave of the memory.
std::uint64_t group_room() {
  std::uint64_t least = UINT64_MAX;
  const auto limit = [&least](const std::string& folder, const char* most, const char* used,
                              const char* cache) {
    least = std::min(least, detail::read_room(text_of(folder + most), text_of(folder + used),
                                              text_of(folder + "/memory.stat"), cache));
  };
  for (const std::string& folder : group_folders("")) {
    limit(folder, "/memory.max", "/memory.current", "inactive_file");
  }
  for (const std::string& folder : group_folders("memory")) {
    limit(folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file");
  }
  return least;
}

}  // namespace

void detail::read_processors(std::string_view stat, HostSample& sample) {
  std::istringstream words{std::string(stat.substr(0, stat.find('\n')))};
  std::string name;
  words >> name;
  if (name != "cpu") return;
  // user nice system idle iowait irq softirq steal; what guests use is in user and nice already.
  std::int64_t ticks = 0;
  for (int i = 0; i < 8 && words >> ticks; ++i) {
    sample.cpu_total += ticks;
    if (i == 3) sample.cpu_idle += ticks;
    if (i == 4) sample.cpu_io_wait += ticks;
  }
}

void detail::read_disks(std::string_view diskstats,
                        const std::function<bool(std::string_view)>& is_disk, HostSample& sample) {
  for_each_line(diskstats, [&](const std::string& line) {
    std::istringstream words(line);
    std::string major, minor, name;
    std::uint64_t reads = 0, merged = 0, read = 0, ms = 0, writes = 0, written = 0;
    words >> major >> minor >> name >> reads >> merged >> read >> ms >> writes >> merged >> written;
    if (!words || !is_disk(name)) return;
    sample.disk_read += read * kSector;
    sample.disk_written += written * kSector;
  });
}

void detail::read_memory(std::string_view meminfo, HostSample& sample) {
  std::uint64_t available = 0;
  for_each_line(meminfo, [&](const std::string& line) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    if (!(words >> name >> kib)) return;
    if (name == "MemTotal:") sample.memory_total = kib * 1024;
    if (name == "MemAvailable:") available = kib * 1024;
  });
  sample.memory_used = sample.memory_total - std::min(sample.memory_total, available);
}

double detail::read_quota(std::string_view cpu_max) {
  std::istringstream words{std::string(cpu_max)};
  double quota = 0, period = 0;  // "max 100000" is no number: no limit
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

std::uint64_t detail::read_room(std::string_view limit, std::string_view usage,
                                std::string_view stat, std::string_view cache) {
  std::uint64_t most = 0, used = 0, dropped = 0;
  if (!(std::istringstream{std::string(limit)} >> most) ||  // "max"
      !(std::istringstream{std::string(usage)} >> used)) {
    return UINT64_MAX;
  }
  for_each_line(stat, [&](const std::string& line) {
    std::istringstream words(line);
    std::string name;
    if (std::uint64_t bytes = 0; words >> name >> bytes && name == cache) dropped = bytes;
  });
  used -= std::min(used, dropped);
  return most - std::min(most, used);
}

std::uint64_t available_memory() {
  HostSample sample;
  detail::read_memory(text_of("/proc/meminfo"), sample);
  return std::min(sample.memory_total - sample.memory_used, group_room());
}

double usable_cpus() {
  cpu_set_t set;
  double cpus = std::max(1U, std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  const double quota = group_quota();
  return quota > 0 ? std::min(cpus, quota) : cpus;
}

int usable_threads() { return static_cast<int>(std::ceil(usable_cpus())); }

HostSample sample_host() {
  HostSample sample;
  sample.time = std::chrono::duration_cast<std::chrono::nanoseconds>(
                    std::chrono::steady_clock::now().time_since_epoch())
                    .count();
  sample.cpus = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  sample.cpus_usable = usable_cpus();
  detail::read_processors(text_of("/proc/stat"), sample);
  detail::read_disks(text_of("/proc/diskstats"), is_whole_disk, sample);
  detail::read_memory(text_of("/proc/meminfo"), sample);
  sample.process_memory = resident_bytes();
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    sample.process_cpu = std::int64_t{cpu.tv_sec} * 1'000'000'000 + cpu.tv_nsec;
  }
  return sample;
}

HostUse use_between(const HostSample& earlier, const HostSample& later) {
  HostUse use;
  const auto ticks = static_cast<double>(later.cpu_total - earlier.cpu_total);
  if (ticks > 0) {
    // Linux may take iowait back a little.
    const auto share = [ticks](std::int64_t part) {
      return std::clamp(static_cast<double>(part) / ticks, 0.0, 1.0);
    };
    use.cpu_idle = share(later.cpu_idle - earlier.cpu_idle);
    use.cpu_io_wait = share(later.cpu_io_wait - earlier.cpu_io_wait);
  }
  const double seconds = static_cast<double>(later.time - earlier.time) * 1e-9;
  if (seconds > 0) {
    const auto rate = [seconds](std::uint64_t from, std::uint64_t to) {
      return to > from ? static_cast<double>(to - from) / seconds : 0.0;
    };
    use.disk_read = rate(earlier.disk_read, later.disk_read);
    use.disk_written = rate(earlier.disk_written, later.disk_written);
    use.process_cpus =
        static_cast<double>(later.process_cpu - earlier.process_cpu) * 1e-9 / seconds;
  }
  return use;
}

}  // namespace forebay
