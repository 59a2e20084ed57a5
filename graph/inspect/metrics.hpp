#pragma once

// What Prometheus is told.

#include <string>

#include <forebay/graph/inspect/registry.hpp>

namespace forebay::detail {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics in Prometheus' text format; docs/inspect.md lists them. Counters go on rising when a
/// graph of the same name follows another; gauges are told of graphs that run.
std::string metrics(const Registry& registry);

}  // namespace forebay::detail
