#pragma once

// Which of cuDNN's plans was the fastest for each graph, and whether fusing is, kept in a file.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <forebay/nodes/cuda/convolution.hpp>

namespace forebay::cuda {

/// The choices for one kind of GPU and one version of cuDNN. Not thread-safe.
class PlanChoices {
 public:
  /// Reads `path`. Where there is no such file, or it is damaged, nothing is chosen yet.
  explicit PlanChoices(std::string path);

  const std::string& path() const { return path_; }

  /// cuDNN's name of the plan, "eng4_k2=0_..."; empty where none was chosen.
  std::string find(const Convolution& convolution, ConvolutionGraph graph, ValueType type) const;

  /// Remembers it, and saves all; where the file cannot be written, for this process alone.
  void add(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           std::string plan);

  /// Why the convolution is not fused, empty where it is; none where that was not found out.
  std::optional<std::string> why_not_fused(const Convolution& convolution, Fusion fusion,
                                           ValueType type) const;

  /// Likewise.
  void add(const Convolution& convolution, Fusion fusion, ValueType type, std::string why_not);

 private:
  void save() const;

  std::string path_;
  std::map<std::string, std::string> choices_;
};

/// "/home/me/.cache/forebay/cudnn-9.19.0-NVIDIA-H200.json": under XDG_CACHE_HOME where that is set;
/// in the working folder where there is no HOME either.
std::string plan_choices_path(std::string_view gpu, std::string_view cudnn);

}  // namespace forebay::cuda
