#pragma once

// The machine beside the graph: processors, disks and memory, as Linux counts them.

#include <cstdint>
#include <functional>
#include <string_view>

namespace forebay {

/// Counters since the machine or the process began; the difference of two says what happened.
struct HostSample {
  std::int64_t time = 0;   // steady clock, nanoseconds
  int cpus = 0;            // of the machine
  double cpus_usable = 0;  // by this process: what affinity and control group leave of them
  std::int64_t cpu_total = 0, cpu_idle = 0, cpu_io_wait = 0;  // clock ticks over all processors
  std::uint64_t disk_read = 0, disk_written = 0;              // bytes, of whole disks
  std::uint64_t memory_used = 0, memory_total = 0;            // bytes, of the machine
  std::int64_t process_cpu = 0;                               // nanoseconds, all its threads
  std::uint64_t process_memory = 0;                           // bytes resident
};

/// What happened between two samples.
struct HostUse {
  double cpu_idle = 0, cpu_io_wait = 0;    // shares of all processors' time, 0 to 1
  double disk_read = 0, disk_written = 0;  // bytes per second
  double process_cpus = 0;                 // processors that the process kept busy
};

/// Reads /proc; takes some 100 microseconds. What cannot be read stays 0. Any thread.
HostSample sample_host();

/// All 0 where `later` is not later.
HostUse use_between(const HostSample& earlier, const HostSample& later);

/// Processors this process may use: the smaller of its affinity and its control group's quota.
double usable_cpus();

/// Threads that can run at once on them: usable_cpus() rounded up, at least 1.
int usable_threads();

/// Bytes of memory that this process may still take: what Linux has available, or less where a
/// control group limits it. Any thread.
std::uint64_t available_memory();

namespace detail {

/// Adds the line "cpu ..." of /proc/stat to `sample`.
void read_processors(std::string_view stat, HostSample& sample);
/// Adds the lines of /proc/diskstats for which `is_disk(name)`; partitions would count twice.
void read_disks(std::string_view diskstats, const std::function<bool(std::string_view)>& is_disk,
                HostSample& sample);
void read_memory(std::string_view meminfo, HostSample& sample);
/// "200000 100000" -> 2 (cgroup v2's cpu.max); 0 where there is no limit.
double read_quota(std::string_view cpu_max);
/// Bytes that a control group's files leave: `limit` less `usage`, of which what `stat` says under
/// the name `cache` can be dropped. UINT64_MAX where there is no limit.
std::uint64_t read_room(std::string_view limit, std::string_view usage, std::string_view stat,
                        std::string_view cache);

}  // namespace detail
}  // namespace forebay
