#pragma once

// Training images that stay decoded in memory: --cache.

#include <memory>
#include <string>

#include <forebay/graph/inspect/facts.hpp>
#include <forebay/nodes/batch/decoded_cache.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// What --cache asks for, or null; `reader` then leaves out what is in it. Throws `Error` where the
/// host has less memory.
std::shared_ptr<DecodedCache> make_cache(const TrainOptions& options, RecordReader& reader);

/// Inspectors are told how full it is, and of hits and misses. Nothing for null.
Publication publish_cache(const std::shared_ptr<const DecodedCache>& cache);

/// The report's line of a run; empty for null.
std::string cache_text(const DecodedCache* cache);

}  // namespace forebay
