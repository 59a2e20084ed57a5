// The graph that train_imagenet runs, put together by hand, for a small network:
//     read ─► decode ─► augment ─► batch ─► fill ─► step ─► forward-backward[0..1] ─► ... ─┐
//                                                    ▲                                     │
//                                                    └───────── the weights are new ◄──────┘

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/batch/label.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/train/metrics.hpp>
#include <forebay/nodes/train/trainer.hpp>

#include <algorithm>
#include <iostream>

using namespace forebay;
constexpr ImageShape kShape{.channels = 3, .height = 32, .width = 32};
constexpr int kClasses = 3, kEpochs = 6;
constexpr std::size_t kReplicas = 2, kRows = 8;  // rows of a batch per replica

struct Sample {
  Record record;              // the labels, and its place in the stream of all epochs
  Image image;                // as decoded
  std::vector<float> pixels;  // as the network sees it
};

Stage<void, BatchHandle> batches(Graph& graph, RecordReader& reader, BatchPool pool) {
  auto read = graph.source("read", [&reader] { return reader(); });
  auto decode = graph.transform("decode", {.concurrency = 4, .queue = 64},
                                [images = ImagePool()](const Record& record) {
                                  return Sample{record, forebay::decode(record.image, images), {}};
                                });
  // Centre crops, since these images are few and small: imagenet_train() has the random ones.
  auto augment = graph.transform("augment", {.concurrency = 2, .queue = 64},
                                 [augment = Augment(imagenet_validation(kShape))](Sample sample) {
                                   sample.pixels.resize(3 * 32 * 32);
                                   augment(sample.image, Random(1, sample.record.position),
                                           sample.pixels.data());
                                   return sample;
                                 });
  auto batch = graph.batch<Sample>("batch", {.queue = 64}, kReplicas * kRows, LastBatch::kDrop);
  // A copy that train_imagenet saves: its augment node writes straight into the batch's memory.
  auto fill =
      graph.transform("fill", {.queue = 2}, [pool](const std::vector<Sample>& samples) mutable {
        BatchHandle filled = pool.take();
        for (const Sample& sample : samples) {
          std::ranges::copy(sample.pixels, filled->row(filled->filled));
          filled->labels[filled->filled++] = check_label(sample.record.labels[0], kClasses);
        }
        return filled;
      });
  return read >> decode >> augment >> batch >> fill;
}

int main(int argc, char** argv) try {
  if (argc != 2) throw Error("usage: imagenet_by_hand TRAIN.rec");
  RecordReader reader({.data = argv[1], .shuffle = true, .seed = 1});
  const Network network = resnet(20, kShape, kClasses);
  std::vector<std::unique_ptr<Replica>> replicas(kReplicas);
  for (auto& replica : replicas) replica = make_cpu_replica(network, {.rows = kRows});
  Trainer trainer(network, std::move(replicas), kRows,
                  {.sgd = {}, .lr = [](std::int64_t) { return 0.02; }});
  trainer.weights().initialise(1);
  trainer.restore(std::nullopt);  // hands the weights to the replicas
  const BatchPool pool(trainer.batch_size(), kShape);
  for (std::uint64_t epoch = 0; epoch < kEpochs; ++epoch) {
    reader.seek(epoch * reader.count());
    StepResult total;
    Graph graph("epoch");
    auto log = graph.sink("log", [&total](const Step& step) { total += step.result; });
    batches(graph, reader, pool) >> trainer.train(graph) >> log;
    std::cout << graph.run() << "epoch " << epoch << ": loss " << mean_loss(total) << ", accuracy "
              << accuracy(total) << "\n\n";
  }
} catch (const std::exception& error) {
  std::cerr << "imagenet_by_hand: " << error.what() << '\n';
  return 1;
}
