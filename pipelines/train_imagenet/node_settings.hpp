#pragma once

// --NODE.SETTING VALUE: which nodes there are, and handing the values to them.

#include <cstddef>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// Every node that a graph of this program has with so many replicas: of training, validation,
/// --benchmark and --test-io.
std::vector<std::string> node_names(std::size_t replicas);

/// Throws `Error` where no node has that name, or nodes have no such setting or value. `where` goes
/// before the message.
void check_node_setting(const NodeSetting& setting, std::size_t replicas, const std::string& where);

/// Applies those settings whose node `graph` has. Throws `Error` where a node refuses its own.
void apply_node_settings(Graph& graph, const TrainOptions& options);

}  // namespace forebay
