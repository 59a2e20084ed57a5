#pragma once

// From flags to the data nodes' options.

#include <string>
#include <vector>

#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

ReaderOptions train_reader(const TrainOptions& options);
ReaderOptions validation_reader(const TrainOptions& options);
ImagePathOptions train_path(const TrainOptions& options);
ImagePathOptions validation_path(const TrainOptions& options);

}  // namespace forebay
