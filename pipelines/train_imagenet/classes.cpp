#include <train_imagenet/classes.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {

void check_num_classes(const TrainOptions& options, const std::vector<std::string>& classes) {
  if (classes.empty() || classes.size() == static_cast<std::size_t>(options.num_classes)) return;
  throw Error(fmt::format(
      "--num-classes is {}, but --data-train {} has images of {} classes, a folder each; give {}",
      options.num_classes, options.data_train, classes.size(), classes.size()));
}

std::optional<Record> LabelWatch::read(RecordReader& reader) {
  std::optional<Record> record = reader();
  if (!record || pass_ >= Pass::kSeen) return record;
  const std::uint64_t place = record->position % reader.count();
  if (place == 0) pass_ = Pass::kBegun;
  largest_ = std::max(largest_, record->labels.front());
  if (place + 1 == reader.count() && pass_ == Pass::kBegun) pass_ = Pass::kSeen;
  return record;
}

std::optional<std::string> LabelWatch::unused_classes(const TrainOptions& options) {
  if (pass_ != Pass::kSeen) return std::nullopt;
  pass_ = Pass::kTold;
  const int used = static_cast<int>(largest_) + 1;  // a label of no class has ended the run
  if (used >= options.num_classes) return std::nullopt;
  return fmt::format("--num-classes is {}, but the largest label of --data-train is {}; give {}",
                     options.num_classes, used - 1, used);
}

}  // namespace forebay
