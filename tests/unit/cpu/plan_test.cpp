#include <forebay/nodes/memory/plan.hpp>

#include <gtest/gtest.h>

#include <forebay/nodes/cpu/cpu_replica.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

struct Wanted {
  std::size_t bytes;
  int first, last;
};

std::vector<Wanted> random_buffers(std::uint64_t seed) {
  Random random(seed);
  std::vector<Wanted> buffers;
  const std::uint64_t count = 1 + random.below(60);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto first = static_cast<int>(random.below(50));
    buffers.push_back({random.below(5000), first, first + static_cast<int>(random.below(12))});
  }
  return buffers;
}

TEST(MemoryPlan, NeverPutsTwoLiveBuffersOnOneByte) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto wanted = random_buffers(seed);
    MemoryPlan plan;
    for (const Wanted& buffer : wanted) {
      const int index = plan.add(buffer.bytes);
      plan.use(index, buffer.last);
      plan.use(index, buffer.first);
    }
    const std::size_t end = plan.place();
    EXPECT_LE(plan.live_peak(), end);
    EXPECT_LE(end, plan.total());
    for (std::size_t a = 0; a < wanted.size(); ++a) {
      const std::size_t at = plan.offset(static_cast<int>(a));
      EXPECT_EQ(at % 64, 0u);
      EXPECT_LE(at + wanted[a].bytes, end);
      for (std::size_t b = 0; b < a; ++b) {
        const std::size_t other = plan.offset(static_cast<int>(b));
        const bool together =
            wanted[a].first <= wanted[b].last && wanted[b].first <= wanted[a].last;
        const bool overlap = at < other + wanted[b].bytes && other < at + wanted[a].bytes;
        EXPECT_FALSE(together && overlap) << "seed " << seed << ", buffers " << a << " and " << b;
      }
    }
  }
}

TEST(MemoryPlan, ReusesWhatIsNoLongerAlive) {
  MemoryPlan plan;
  for (int i = 0; i < 10; ++i) {
    const int buffer = plan.add(640);
    plan.use(buffer, i);
    plan.use(buffer, i + 1);
  }
  EXPECT_EQ(plan.place(), 2u * 640);
  EXPECT_EQ(plan.live_peak(), 2u * 640);
  EXPECT_EQ(plan.total(), 10u * 640);
}

TEST(MemoryPlan, LetsKeptBuffersShareWithNone) {
  MemoryPlan plan;
  const int kept = plan.add(64);
  plan.keep(kept);
  for (int moment : {0, 100}) plan.use(plan.add(64), moment);
  EXPECT_EQ(plan.place(), 128u);
}

TEST(MemoryPlan, IsNearTheLowerBoundForResNets) {
  for (int depth : {18, 50}) {
    CpuReplica replica(resnet(depth, {3, 96, 96}, 10), {.rows = 4});
    EXPECT_LE(replica.memory_bytes(), replica.plan().live_peak() * 103 / 100);
    EXPECT_LE(replica.memory_bytes(), replica.plan().total() * 85 / 100);
  }
}

}  // namespace
}  // namespace forebay
