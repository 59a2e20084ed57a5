#include <forebay/nodes/batch/label.hpp>

#include <cmath>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {

int check_label(const Record& record, int num_classes) {
  const float label = record.labels.front();
  if (std::floor(label) != label && std::isfinite(label)) {
    throw Error(fmt::format("label {} is not a class index ({}); repack with whole numbers from 0",
                            label, describe(record)));
  }
  if (!(label >= 0 && label < static_cast<float>(num_classes))) {
    throw Error(
        fmt::format("label {} is out of range for {} classes ({}); give --num-classes or repack",
                    label, num_classes, describe(record)));
  }
  return static_cast<int>(label);
}

}  // namespace forebay
