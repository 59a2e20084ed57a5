#include <forebay/nodes/cuda/cudnn/plan_choices.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/atomic_file.hpp>

namespace forebay::cuda {
namespace {

std::string key_of(std::string_view kind, int number, const Convolution& c, ValueType type) {
  return fmt::format("{} {} type {} rows {} image {}x{}x{} filters {}x{}x{} stride {} padding {}",
                     kind, number, static_cast<int>(type), c.rows, c.in_channels, c.height, c.width,
                     c.out_channels, c.kernel, c.kernel, c.stride, c.padding);
}

std::string key_of(const Convolution& convolution, ConvolutionGraph graph, ValueType type) {
  return key_of("graph", static_cast<int>(graph), convolution, type);
}

std::string key_of(const Convolution& convolution, Fusion fusion, ValueType type) {
  return key_of("unfused", static_cast<int>(fusion), convolution, type);
}

}  // namespace

PlanChoices::PlanChoices(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto saved = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!saved.is_object()) return;
  for (const auto& [key, choice] : saved.items()) {
    if (choice.is_string()) choices_[key] = choice.get<std::string>();
  }
}

std::string PlanChoices::find(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) const {
  const auto found = choices_.find(key_of(convolution, graph, type));
  return found == choices_.end() ? "" : found->second;
}

void PlanChoices::add(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                      std::string plan) {
  choices_[key_of(convolution, graph, type)] = std::move(plan);
  save();
}

std::optional<std::string> PlanChoices::why_not_fused(const Convolution& convolution, Fusion fusion,
                                                      ValueType type) const {
  const auto found = choices_.find(key_of(convolution, fusion, type));
  if (found == choices_.end()) return std::nullopt;
  return found->second;
}

void PlanChoices::add(const Convolution& convolution, Fusion fusion, ValueType type,
                      std::string why_not) {
  choices_[key_of(convolution, fusion, type)] = std::move(why_not);
  save();
}

void PlanChoices::save() const {
  std::error_code ignored;  // what cannot be written is timed again next time
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  try {
    AtomicFile file(path_);
    file.append(nlohmann::json(choices_).dump(1) + "\n");
    file.commit();
  } catch (const Error&) {
  }
}

std::string plan_choices_path(std::string_view gpu, std::string_view cudnn) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const bool has_cache = cache != nullptr && *cache != '\0', has_home = home != nullptr;
  const std::string folder = has_cache  ? std::string(cache) + "/forebay/"
                             : has_home ? std::string(home) + "/.cache/forebay/"
                                        : std::string();
  std::string name = fmt::format("cudnn-{}-{}.json", cudnn, gpu);
  std::ranges::replace_if(
      name, [](char c) { return c == ' ' || c == '/'; }, '-');
  return folder + name;
}

}  // namespace forebay::cuda
