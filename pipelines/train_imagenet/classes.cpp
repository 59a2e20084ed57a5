#include <train_imagenet/classes.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {

namespace {

void check_number(const TrainOptions& options, const std::vector<std::string>& classes) {
  if (classes.empty() || classes.size() == static_cast<std::size_t>(options.num_classes)) return;
  throw Error(fmt::format(
      "--num-classes is {}, but --data-train {} has images of {} classes, a folder each; give {}",
      options.num_classes, options.data_train, classes.size(), classes.size()));
}

}  // namespace

void check_classes(const TrainOptions& options, const std::vector<std::string>& train,
                   const std::vector<std::string>& val) {
  if (train.size() == 1) {
    throw Error(
        fmt::format("--data-train {} has images of one class; give a folder with a folder for each "
                    "class in it",
                    options.data_train));
  }
  if (train.empty() || val.empty() || train == val) return check_number(options, train);
  const auto [in_train, in_val] = std::ranges::mismatch(train, val);
  const bool lacks = in_train != train.end() && std::ranges::find(val, *in_train) == val.end();
  throw Error(fmt::format(
      "--data-val {} {}; labels are the places of folders in their order, so give both the same "
      "folders",
      options.data_val,
      lacks ? fmt::format("lacks the folder {} of --data-train", *in_train)
            : fmt::format("has the folder {}, which --data-train lacks", *in_val)));
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
