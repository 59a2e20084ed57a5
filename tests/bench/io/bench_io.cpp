// Reading, decoding and augmenting through the graph, beside a bare loop over the same functions on
// as many threads.
//
//     bench_io TRAIN.rec [repetitions=5] [threads=all]
//
// The two take turns over one pass of the data; the ratio of each pair and the median are printed.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/batch/slots.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/read/reader.hpp>

namespace {

using namespace forebay;

constexpr std::size_t kBatch = 64;

double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

ReaderOptions reader_options(const std::string& data) {
  return {.data = data, .shuffle = true, .seed = 1};
}

// Memory that both use again in every turn.
struct Pools {
  BatchPool batches{kBatch, {}};
  ImagePool images;
};

double graph_seconds(const std::string& data, int threads, const Pools& pools,
                     std::size_t& images) {
  RecordReader reader(reader_options(data));
  ImagePathOptions options;
  options.augment = imagenet_train();
  options.last = LastBatch::kKeep;
  options.decode_concurrency = static_cast<std::size_t>(threads);
  options.augment_concurrency = static_cast<std::size_t>(threads);
  images = 0;
  return seconds_of([&] {
    Graph graph("bench", {.threads = threads});
    const auto read = graph.source("read", [&] { return reader(); });
    const auto count =
        graph.sink("count", [&](const BatchHandle& batch) { images += batch->filled; });
    read >> image_path(graph, options, pools.batches, pools.images) >> count;
    graph.run();
  });
}

// What one would write without a graph: threads that take the next record and the next row of a
// batch, decode and augment.
double loop_seconds(const std::string& data, int threads, const Pools& pools, std::size_t& images) {
  RecordReader reader(reader_options(data));
  const Augment augment(imagenet_train());
  SlotAssigner assigner(pools.batches);
  std::mutex mutex;
  std::atomic<std::size_t> done{0};
  const auto work = [&] {
    for (;;) {
      std::optional<Record> record;
      Slot slot;
      {
        const std::lock_guard lock(mutex);
        record = reader();
        if (!record) return;
        slot = assigner.next();
      }
      augment(decode(record->image, pools.images), Random(1, record->position), slot.image());
      ++done;
    }
  };
  const double seconds = seconds_of([&] {
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
  });
  images = done;
  return seconds;
}

int run(const std::string& data, int repetitions, int threads) {
  std::size_t graph_images = 0, loop_images = 0;
  const Pools pools;
  loop_seconds(data, threads, pools, loop_images);  // warms the page cache and the pools
  graph_seconds(data, threads, pools, graph_images);
  std::vector<double> ratios;
  std::printf("%d threads, %zu images a pass\n%12s %12s %8s\n", threads, loop_images, "graph img/s",
              "loop img/s", "ratio");
  for (int i = 0; i < repetitions; ++i) {
    const double graph = graph_seconds(data, threads, pools, graph_images);
    const double loop = loop_seconds(data, threads, pools, loop_images);
    if (graph_images != loop_images) {
      std::fprintf(stderr, "the graph gave %zu images, the loop %zu\n", graph_images, loop_images);
      return 1;
    }
    const auto images = static_cast<double>(loop_images);
    ratios.push_back(loop / graph);
    std::printf("%12.1f %12.1f %8.3f\n", images / graph, images / loop, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("median ratio %.3f (bar 0.97)\n", ratios[ratios.size() / 2]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_io TRAIN.rec [repetitions] [threads]\n");
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::atoi(argv[2]) : 5,
               argc > 3 ? std::atoi(argv[3]) : usable_threads());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_io: %s\n", error.what());
    return 1;
  }
}
