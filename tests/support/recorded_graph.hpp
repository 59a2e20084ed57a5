#pragma once

// Two snapshots of a run whose limit is known, kept as JSON.

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/report.hpp>
#include <forebay/graph/record/bound_json.hpp>

namespace forebay {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Machine, cores, threads, devices, all_reduce)

}  // namespace forebay

namespace forebay::test {

struct RecordedGraph {
  Bound truth;  // without a node: any
  Machine machine;
  GraphSnapshot earlier, later;
};

inline void write(const RecordedGraph& graph, const std::filesystem::path& file) {
  using nlohmann::json;
  const json all = {{"truth", graph.truth},
                    {"machine", graph.machine},
                    {"earlier", json::parse(to_json(graph.earlier))},
                    {"later", json::parse(to_json(graph.later))}};
  std::ofstream(file) << all << '\n';
}

/// Throws where `file` is not what `write` has written.
inline RecordedGraph read_recorded(const std::filesystem::path& file) {
  std::ifstream in(file);
  const auto all = nlohmann::json::parse(in);
  return {all.at("truth"), all.at("machine"), snapshot_from_json(all.at("earlier").dump()),
          snapshot_from_json(all.at("later").dump())};
}

}  // namespace forebay::test
