#include <train_imagenet/node_settings.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <common/flag_text.hpp>

namespace forebay {

std::vector<std::string> node_names(std::size_t replicas) {
  std::vector<std::string> names = {
      "read",       "decode", "slot",     "augment",     "batch", "step", "scatter", "gather",
      "all-reduce", "update", "step-end", "weights-new", "sum",   "log",  "made-up", "count"};
  for (std::size_t i = 0; i < replicas; ++i) {
    names.push_back(fmt::format("forward-backward[{}]", i));
    names.push_back(fmt::format("evaluate[{}]", i));
  }
  return names;
}

void check_node_setting(const NodeSetting& setting, std::size_t replicas,
                        const std::string& where) {
  const std::vector<std::string> names = node_names(replicas);
  if (std::ranges::find(names, setting.node) == names.end()) {
    const std::string nearest = nearest_name(setting.node, names);
    const std::string hint = nearest.empty()
                                 ? fmt::format("give one of {}", fmt::join(names, ", "))
                                 : fmt::format("did you mean --{}.{}?", nearest, setting.setting);
    throw Error(fmt::format("{}--{}.{}: no node is named {}; {}", where, setting.node,
                            setting.setting, setting.node, hint));
  }
  try {
    NodeSettings any;
    set_by_name(setting.node, any, setting.setting, setting.value);
  } catch (const Error& error) {
    throw Error(where + error.what());
  }
}

void apply_node_settings(Graph& graph, const TrainOptions& options) {
  for (const auto* settings : {&options.host_plan.settings, &options.node_settings}) {
    for (const NodeSetting& setting : *settings) {
      if (!graph.has(setting.node)) continue;
      graph.set(setting.node + "." + setting.setting, setting.value);
    }
  }
}

}  // namespace forebay
