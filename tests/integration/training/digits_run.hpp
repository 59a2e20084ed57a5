#pragma once

// A training run of seconds that learns scikit-learn's handwritten digits.

#include <string>
#include <vector>

#include "program.hpp"

namespace forebay {

/// Flags of 8 epochs of ResNet-20 on two replicas, validated on digits of its own.
inline std::vector<std::string> digits_run() {
  return {"--network",     "resnet",
          "--num-layers",  "20",
          "--image-shape", "1,28,28",
          "--num-classes", "10",
          "--data-train",  digits("train.rec"),
          "--data-val",    digits("val.rec"),
          "--augment",     "none",
          "--pad-size",    "2",
          "--random-crop", "1",
          "--devices",     "cpu:0,cpu:1",
          "--batch-size",  "32",
          "--num-epochs",  "8",
          "--lr",          "0.1",
          "--lr-schedule", "cosine"};
}

}  // namespace forebay
