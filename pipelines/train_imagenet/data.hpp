#pragma once

// From flags to the data nodes' options.

#include <string>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

ReaderOptions train_reader(const TrainOptions& options);
ReaderOptions validation_reader(const TrainOptions& options);
ImagePathOptions train_path(const TrainOptions& options);
ImagePathOptions validation_path(const TrainOptions& options);

/// Which of the node settings a graph must know.
enum class UnknownNodes { kRefuse, kIgnore };

/// Applies `--node.setting value`. Throws `Error` where a node or setting is unknown.
void apply_settings(Graph& graph, const TrainOptions& options, UnknownNodes unknown);

}  // namespace forebay
