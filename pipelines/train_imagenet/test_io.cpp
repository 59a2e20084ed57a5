#include <train_imagenet/test_io.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

#include <common/clock.hpp>
#include <common/interrupt.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/facts.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/cache.hpp>
#include <train_imagenet/data.hpp>
#include <train_imagenet/node_settings.hpp>
#include <train_imagenet/speedometer.hpp>
#include <train_imagenet/tuning.hpp>

namespace forebay {

ReadResult test_io(const TrainOptions& options, Log& log) {
  RecordReader reader(train_reader(options));
  log.info(reader.describe());
  const std::shared_ptr<DecodedCache> cache = make_cache(options, reader);
  if (options.num_examples) {
    const auto images = static_cast<std::uint64_t>(*options.num_examples);
    const auto batch = static_cast<std::uint64_t>(options.batch_size);
    reader.seek(0, (images + batch - 1) / batch * batch);
  }
  const BatchPool batches(static_cast<std::size_t>(options.batch_size), options.image_shape,
                          sample_format(options));
  const ImagePool images(options.host_plan.kept_bytes);
  ReadSpeedometer speedometer(options, seconds_now);
  Graph graph("test-io", log_skipped(log));
  int batch = 0;
  std::atomic<std::uint64_t> images_read = 0;
  const Publication roles = publish_roles({{}, {}, "images"});
  const Publication progress = publish_progress([&, all = reader.count()] {
    return ProgressFacts{"reading", static_cast<double>(images_read),
                         static_cast<double>(options.num_examples.value_or(all)), "images"};
  });
  const Publication cache_facts = publish_cache(cache);
  const auto read = graph.source("read", [&reader] { return reader(); });
  ImagePathOptions path = train_path(options);
  path.cache = cache;
  path.decode_helpers = decode_helpers(options, log);
  const auto filled = read >> image_path(graph, path, batches, images);
  filled >> graph.sink("count", {.queue = 2, .fixed = true}, [&](const BatchHandle& full) {
    images_read += full->filled;
    if (const auto line = speedometer.batch_done(batch++)) log.info(*line);
    if (InterruptWatch::seen()) graph.cancel();
  });
  apply_node_settings(graph, options);
  const std::unique_ptr<LiveTuner> tuner = make_tuner(options, {.cores = usable_cpus()}, log);
  ReadResult result;
  {
    const Tuning tuning(tuner.get(), graph);
    result.run = graph.run();
  }
  result.tuning = tuning_text(tuner.get());
  result.cache = cache_text(cache.get());
  return result;
}

}  // namespace forebay
