#pragma once

// A training run of seconds in which everything has a part: batch norms, random augmentation,
// shuffled epochs that end within a pass over the data, two replicas.

#include <string>
#include <vector>

#include "program.hpp"

namespace forebay {

constexpr int kSmallRunEpochs = 4;
constexpr int kSmallRunSteps = 6;  // of an epoch

/// Flags of the small run, which saves its checkpoints as `prefix`-0001 to -0004.
inline std::vector<std::string> small_run(const std::string& prefix) {
  return {"--network",      "resnet",
          "--num-layers",   "20",
          "--image-shape",  "1,16,16",
          "--num-classes",  "10",
          "--data-train",   digits("train.rec"),
          "--data-val",     digits("val.rec"),
          "--num-examples", "400",
          "--batch-size",   "64",
          "--num-epochs",   std::to_string(kSmallRunEpochs),
          "--lr",           "0.05",
          "--lr-schedule",  "cosine",
          "--seed",         "3",
          "--devices",      "cpu:0,cpu:1",
          "--disp-batches", "1",
          "--model-prefix", prefix};
}

/// The last checkpoint of a small run, both files.
inline std::string last_checkpoint(const std::string& prefix) {
  const std::string stem = prefix + "-000" + std::to_string(kSmallRunEpochs);
  return read_file(stem + ".safetensors") + read_file(stem + ".state.safetensors");
}

}  // namespace forebay
