#include <forebay/nodes/batch/label.hpp>

#include <cmath>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {

int check_label(float label, int num_classes) {
  if (std::floor(label) != label && std::isfinite(label)) {
    throw Error(
        fmt::format("label {} is not a class index; repack with whole numbers from 0", label));
  }
  if (!(label >= 0 && label < static_cast<float>(num_classes))) {
    throw Error(fmt::format(
        "label {} is out of range for {} classes; set num-classes to what the data has, or repack",
        label, num_classes));
  }
  return static_cast<int>(label);
}

}  // namespace forebay
