#pragma once

// From the label in a record to a class index.

#include <forebay/nodes/read/record.hpp>

namespace forebay {

/// The record's first label as a class index. Throws `Error`, naming the record, when it is not a
/// whole number from 0 to `num_classes` - 1.
int check_label(const Record& record, int num_classes);

}  // namespace forebay
