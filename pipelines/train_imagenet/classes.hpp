#pragma once

// Whether --num-classes is what the training data have.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// Throws `Error` when the folders of a folder of images are not the classes that training needs:
/// as many as --num-classes, more than one, and the same in --data-train and --data-val. `train`
/// and `val` are empty for .rec files, whose labels are known only once they have been read: see
/// `LabelWatch`.
void check_classes(const TrainOptions& options, const std::vector<std::string>& train,
                   const std::vector<std::string>& val);

/// Looks at the labels of the records that a reader gives, until it has seen a whole pass. For one
/// thread at a time.
class LabelWatch {
 public:
  /// Gives the reader's next record.
  std::optional<Record> read(RecordReader& reader);

  /// Once, after the first whole pass: that labels end below --num-classes, if they do.
  std::optional<std::string> unused_classes(const TrainOptions& options);

 private:
  enum class Pass : std::uint8_t { kNotBegun, kBegun, kSeen, kTold };
  Pass pass_ = Pass::kNotBegun;
  float largest_ = 0;
};

}  // namespace forebay
