#include <train_imagenet/host_memory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <forebay/graph/graph.hpp>
#include <train_imagenet/node_settings.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;
const DataFacts kPhotos{.images = 1'000'000, .encoded = 110'000, .decoded = 562'500};
constexpr std::uint64_t kRow = std::uint64_t{3} * 224 * 224 * 4;

TrainOptions options(const std::vector<std::string>& more) {
  std::vector<std::string> all{"--data-train", "t.rec", "--batch-size",    "64",
                               "--devices",    "cpu:0", "--data-nthreads", "4"};
  all.insert(all.end(), more.begin(), more.end());
  return parse_options(all);
}

TrainOptions planned(const std::string& memory, const std::vector<std::string>& more = {}) {
  const LogFile file;
  Log log = file.plain();
  TrainOptions result = options(more);
  result.host_memory = parse_size(memory);
  return with_host_memory(result, kPhotos, log);
}

std::map<std::string, std::uint64_t> settings(const TrainOptions& options) {
  std::map<std::string, std::uint64_t> all;
  for (const NodeSetting& setting : options.host_plan.settings) {
    all[setting.node + "." + setting.setting] = std::stoull(setting.value);
  }
  return all;
}

TEST(HostMemory, LeavesQueuesAsTheyAreUnlessItIsGiven) {
  EXPECT_TRUE(options({}).host_plan.settings.empty());
  EXPECT_EQ(options({"--host-memory", "2G"}).host_memory, std::uint64_t{2} << 30);
}

TEST(HostMemory, MakesQueuesAsLongAsItAllows) {
  std::uint64_t before = 0;
  for (const std::uint64_t mib : {700, 1000, 2000, 4000, 16'000}) {
    auto all = settings(planned(std::to_string(mib) + "M"));
    const std::uint64_t images = all["slot.queue"];
    EXPECT_GT(images, before) << mib;
    before = images;
    // What the queues' bytes allow, and the batches that are in no queue.
    const std::uint64_t queues = all["decode.queue_bytes"] + all["slot.queue_bytes"] +
                                 all["augment.queue_bytes"] + all["batch.queue_bytes"] +
                                 all["step.queue_bytes"];
    EXPECT_LE(queues + 2 * 64 * kRow, mib * kMiB) << mib;
    EXPECT_GE(queues, mib * kMiB / 4) << mib;
  }
}

// A GPU gets a batch while it works on the one before, and each has pixels; a simulated one has
// pixels too.
TEST(HostMemory, CountsOneMoreBatchForGpusAndAQuarterOfEach) {
  const TrainOptions cpu = options({});
  TrainOptions gpu = cpu;
  gpu.devices = {{.kind = "cuda", .index = 0, .profile = {}}};
  const std::uint64_t batches = batches_alive(cpu);
  EXPECT_EQ(batches_alive(gpu), batches + 1);
  const std::uint64_t others = host_bytes(cpu, kPhotos) - batches * 64 * kRow;
  EXPECT_EQ(host_bytes(gpu, kPhotos), others + (batches + 1) * 64 * kRow / 4);
  TrainOptions simulated = cpu;
  simulated.devices = {{.kind = "sim", .index = 0, .profile = "K80"}};
  EXPECT_EQ(host_bytes(simulated, kPhotos), others + batches * 64 * kRow / 4);
}

TEST(HostMemory, GivesEachQueueTheSameImages) {
  auto all = settings(planned("2G"));
  const std::uint64_t images = all["decode.queue"];
  EXPECT_GT(images, 200u);
  for (const char* node : {"slot", "augment", "batch"}) {
    EXPECT_EQ(all[std::string(node) + ".queue"], images) << node;
  }
  EXPECT_EQ(all["decode.queue_bytes"], images * kPhotos.encoded);
  EXPECT_EQ(all["slot.queue_bytes"], images * kPhotos.decoded);
  EXPECT_EQ(all["augment.queue_bytes"], images * (kPhotos.decoded + kRow));
  EXPECT_EQ(all["batch.queue_bytes"], images * kRow);
  EXPECT_EQ(all["step.queue"], images / 64);
  EXPECT_EQ(all["step.queue_bytes"], images / 64 * 64 * kRow);
}

TEST(HostMemory, HasNoUseForMoreThanAnEpoch) {
  DataFacts few = kPhotos;
  few.images = 500;
  const LogFile file;
  Log log = file.plain();
  const TrainOptions result = with_host_memory(options({"--host-memory", "64G"}), few, log);
  EXPECT_EQ(settings(result)["slot.queue"], 500u);
}

TEST(HostMemory, IsRefusedWhereItCannotKeepTheWorkersBusy) {
  try {
    planned("300M");
    ADD_FAILURE() << "it was accepted";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_THAT(text, HasSubstr("--host-memory is 300 MiB, too little: "));
    EXPECT_THAT(text, HasSubstr(" with 8 images in each queue; give "));
    // What it says is enough, and less is not.
    const std::uint64_t least = std::stoull(text.substr(text.find("; give ") + 7));
    EXPECT_EQ(settings(planned(std::to_string(least) + "M"))["slot.queue"], 8u);
    EXPECT_THROW(planned(std::to_string(least - 1) + "M"), Error);
  }
}

TEST(HostMemory, IncludesTheCache) {
  const auto without = settings(planned("2G"));
  EXPECT_EQ(settings(planned("5G", {"--cache", "ram:3G"})), without);
  try {
    planned("2G", {"--cache", "ram:2G"});
    ADD_FAILURE() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--host-memory is 2048 MiB, too little: 2048 MiB for "
                                        "--cache, "));
    EXPECT_THAT(error.what(), HasSubstr(", or a smaller --batch-size or --cache"));
  }
}

TEST(HostMemory, IsUnderWhatTheCommandLineSaysOfANode) {
  TrainOptions given = planned("2G", {"--slot.queue", "7"});
  Graph graph("test");
  const auto read = graph.source("read", [] { return std::optional<int>(); });
  read >> graph.sink("slot", NodeSettings{}, [](int) {});
  apply_node_settings(graph, given);
  EXPECT_EQ(graph.settings("slot").queue, 7u);
  EXPECT_EQ(graph.settings("slot").queue_bytes, settings(given)["slot.queue_bytes"]);
}

}  // namespace
}  // namespace forebay
