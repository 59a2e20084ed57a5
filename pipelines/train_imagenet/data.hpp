#pragma once

// From flags to the data nodes' options.

#include <cstdint>
#include <vector>

#include <forebay/graph/graph_options.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/image/sample.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

ReaderOptions train_reader(const TrainOptions& options);
ReaderOptions validation_reader(const TrainOptions& options);
ImagePathOptions train_path(const TrainOptions& options);
ImagePathOptions validation_path(const TrainOptions& options);

/// A node for each GPU of --gpu-decode; none without it. They tell `log`, which outlives them,
/// where a GPU fails. Throws `Error` where nvJPEG is missing.
std::vector<DecodeHelper> decode_helpers(const TrainOptions& options, Log& log);

/// Bad images that a graph with these nodes left out.
std::uint64_t skipped_images(const GraphSnapshot& snapshot);

/// How images lie in batches: for GPUs, which normalise them, and for simulated ones as pixels.
SampleFormat sample_format(const TrainOptions& options);

/// Of a graph that tells `log`, which outlives it, of each image left out.
GraphOptions log_skipped(Log& log);

}  // namespace forebay
