#pragma once

// From the label in a record to a class index.

namespace forebay {

/// `label` as a class index. Throws `Error` when it is not a whole number from 0 to
/// `num_classes` - 1; the caller knows whose label it is.
int check_label(float label, int num_classes);

}  // namespace forebay
