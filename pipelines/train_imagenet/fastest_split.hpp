#pragma once

// --devices cpu:auto: how the cores are divided among replicas.

#include <functional>
#include <vector>

#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>
#include <train_imagenet/try_step.hpp>

namespace forebay {

/// Numbers of replicas that share `threads` and a batch of `batch` images evenly, ascending.
std::vector<int> possible_splits(int threads, int batch);

/// `options` with the CPU replicas that --devices cpu:auto stands for; where it was not given, as
/// they are. With --resume they are the checkpoint's. Otherwise some steps of about eight images a
/// thread are timed for each of `possible_splits`, and the fastest one is taken; of those within
/// 3 % of it the one with the fewest replicas, since each has batch norms over its own images.
/// Tells `log` what was measured. Interrupted, it returns early. Throws `Error` where no step can
/// be made. For a process without other threads, as `time_step`, which tests replace by `timed`.
TrainOptions with_fastest_split(
    TrainOptions options, Log& log,
    const std::function<TriedStep(const TrainOptions&)>& timed = time_step);

}  // namespace forebay
