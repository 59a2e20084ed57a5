#include <forebay/nodes/train/shard_check.hpp>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {

void ShardCheck::train(const Shard& shard) const {
  if (shard.rows != rows_) {
    throw Error(
        fmt::format("{}: cannot train {} rows: the replica was compiled for {}; give as "
                    "many",
                    name_, shard.rows, rows_));
  }
  content(shard, "train");
}

void ShardCheck::evaluate(const Shard& shard, std::span<const float> logits) const {
  if (shard.rows > rows_) {
    throw Error(
        fmt::format("{}: cannot evaluate {} rows: the replica was compiled for {}; give "
                    "no more",
                    name_, shard.rows, rows_));
  }
  content(shard, "evaluate");
  if (!logits.empty() && logits.size() < shard.rows * classes_) {
    throw Error(fmt::format("{}: cannot give the logits of {} rows in {} values; give room for {}",
                            name_, shard.rows, logits.size(), shard.rows * classes_));
  }
}

void ShardCheck::content(const Shard& shard, const char* what) const {
  if (shard.type != type_) {
    throw Error(fmt::format("{}: cannot {} images of another type than {}, which the replica takes",
                            name_, what, type_ == SampleType::kUint8 ? "uint8" : "float32"));
  }
  if (shard.labels.size() != shard.rows) {
    throw Error(fmt::format("{}: cannot {} {} rows with {} labels; give a label for each row",
                            name_, what, shard.rows, shard.labels.size()));
  }
  for (std::size_t row = 0; row < shard.rows; ++row) {
    const int label = shard.labels[row];
    if (label < 0 || static_cast<std::size_t>(label) >= classes_) {
      throw Error(
          fmt::format("{}: cannot {} row {}: its label {} is outside the network's {} "
                      "classes; set the number of classes to that of the data",
                      name_, what, row, label, classes_));
    }
  }
}

}  // namespace forebay
