#include <forebay/graph/inspect/host.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Host, ReadsTheProcessorsTogether) {
  HostSample sample;
  detail::read_processors("cpu  100 20 30 400 50 6 7 8 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 3\n",
                          sample);
  EXPECT_EQ(sample.cpu_total, 621);  // without the guests' 90 and 10, which are in the 100 and 20
  EXPECT_EQ(sample.cpu_idle, 400);
  EXPECT_EQ(sample.cpu_io_wait, 50);
}

TEST(Host, AddsUpWholeDisks) {
  HostSample sample;
  detail::read_disks(
      "   8       0 sda 10 1 1000 5 20 2 2000 6 0 7 8\n"
      "   8       1 sda1 10 1 1000 5 20 2 2000 6 0 7 8\n"
      " 259       0 nvme0n1 1 0 8 0 1 0 16 0 0 0 0 0 0 0 0\n"
      "garbage\n",
      [](std::string_view name) { return name != "sda1"; }, sample);
  EXPECT_EQ(sample.disk_read, 1008u * 512);
  EXPECT_EQ(sample.disk_written, 2016u * 512);
}

TEST(Host, ReadsMemory) {
  HostSample sample;
  detail::read_memory("MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:  400 kB\n", sample);
  EXPECT_EQ(sample.memory_total, 1000u * 1024);
  EXPECT_EQ(sample.memory_used, 600u * 1024);
}

TEST(Host, ReadsAQuota) {
  EXPECT_EQ(detail::read_quota("150000 100000\n"), 1.5);
  EXPECT_EQ(detail::read_quota("max 100000\n"), 0);
  EXPECT_EQ(detail::read_quota("-1 100000"), 0);
  EXPECT_EQ(detail::read_quota(""), 0);
}

TEST(Host, ReadsTheRoomThatAControlGroupLeaves) {
  const char* stat = "active_file 50\ninactive_file 100\nanon 500\n";
  EXPECT_EQ(detail::read_room("1000\n", "700\n", stat, "inactive_file"), 400u);
  EXPECT_EQ(detail::read_room("1000\n", "700\n", "", "inactive_file"), 300u);
  EXPECT_EQ(detail::read_room("500\n", "700\n", stat, "inactive_file"), 0u);
  EXPECT_EQ(detail::read_room("max\n", "700\n", stat, "inactive_file"), UINT64_MAX);
  EXPECT_EQ(detail::read_room("", "", "", "inactive_file"), UINT64_MAX);
}

TEST(Host, KnowsTheMemoryThatIsLeft) {
  const HostSample sample = sample_host();
  EXPECT_GT(available_memory(), 0u);
  EXPECT_LT(available_memory(), sample.memory_total);
}

TEST(Host, TurnsTwoSamplesIntoShares) {
  HostSample before, after;
  after.time = 2'000'000'000;
  after.cpu_total = 400, after.cpu_idle = 300, after.cpu_io_wait = 20;
  after.disk_read = 1000, after.disk_written = 500;
  after.process_cpu = 3'000'000'000;
  const HostUse use = use_between(before, after);
  EXPECT_DOUBLE_EQ(use.cpu_idle, 0.75);
  EXPECT_DOUBLE_EQ(use.cpu_io_wait, 0.05);
  EXPECT_DOUBLE_EQ(use.disk_read, 500);
  EXPECT_DOUBLE_EQ(use.disk_written, 250);
  EXPECT_DOUBLE_EQ(use.process_cpus, 1.5);
}

TEST(Host, TurnsTheSameSampleTwiceIntoNothing) {
  const HostSample sample = sample_host();
  const HostUse use = use_between(sample, sample);
  EXPECT_EQ(use.cpu_idle, 0);
  EXPECT_EQ(use.disk_read, 0);
}

TEST(Host, KnowsThisMachine) {
  const HostSample sample = sample_host();
  EXPECT_GE(sample.cpus, 1);
  EXPECT_GT(sample.cpus_usable, 0);
  EXPECT_LE(sample.cpus_usable, sample.cpus);
  EXPECT_GT(sample.cpu_total, 0);
  EXPECT_GT(sample.memory_total, sample.process_memory);
  EXPECT_GT(sample.process_memory, 0u);
  EXPECT_GT(sample.process_cpu, 0);
}

}  // namespace
}  // namespace forebay
