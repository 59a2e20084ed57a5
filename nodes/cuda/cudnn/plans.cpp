#include <forebay/nodes/cuda/cudnn/plans.hpp>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/graphs.hpp>

namespace forebay::cuda {
namespace {

namespace fe = cudnn_frontend;

/// 90 for 9.0.
int capability_of(std::string_view device) {
  const auto properties = nlohmann::json::parse(device, nullptr, /*allow_exceptions=*/false);
  const int version = properties.is_object() ? properties.value("deviceVer", 0) : 0;
  if (version == 0) {
    throw Error("the description of a GPU for cuDNN has no deviceVer; give cuDNN's own JSON");
  }
  return version / 10;
}

/// From the graph to a plan that is ready to run; stops at the first step that fails.
fe::error_t build(fe::graph::Graph& graph, ValueType type) {
  if (auto status = graph.validate(); status.is_bad()) return status;
  if (auto status = graph.build_operation_graph(); status.is_bad()) return status;
  const auto heuristics = {fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK};
  if (auto status = graph.create_execution_plans(heuristics); status.is_bad()) return status;
  restrict_plans(graph, type);
  if (auto status = graph.check_support(); status.is_bad()) return status;
  return graph.build_plans(fe::BuildPlanPolicy_t::HEURISTICS_CHOICE);
}

}  // namespace

struct Plans::Device {
  std::shared_ptr<fe::DeviceProperties> properties = std::make_shared<fe::DeviceProperties>();
  int capability = 0;
};

Plans::Plans(std::string_view device) : device_(std::make_unique<Device>()) {
  device_->capability = capability_of(device);
  auto status = device_->properties->deserialize({device.begin(), device.end()});
  if (status.is_bad()) {
    throw Error(
        fmt::format("cuDNN does not take the description of a GPU: {}", status.get_message()));
  }
}

Plans::~Plans() = default;

const Plan& Plans::find(const Convolution& convolution, ConvolutionGraph kind, ValueType type) {
  const auto [place, is_new] = found_.try_emplace({convolution, kind, type});
  Plan& plan = place->second;
  if (!is_new) return plan;
  const auto graph = make_graph(convolution, kind, type, device_->properties);
  graph->set_sm_version(device_->capability);  // or cudnn-frontend asks the driver
  auto status = build(*graph, type);
  if (status.is_good()) status = graph->get_plan_name(plan.engine);
  if (status.is_bad()) {
    plan.why_not = status.get_message();
    return plan;
  }
  plan.exists = true;
  plan.candidates = graph->get_execution_plan_count();
  plan.workspace_bytes = static_cast<std::size_t>(graph->get_workspace_size());
  return plan;
}

}  // namespace forebay::cuda
