#pragma once

// --batch-size max: the largest batch that fits, from the memory plan.

#include <cstddef>
#include <functional>

#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/network/network.hpp>
#include <train_imagenet/host_memory.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>
#include <train_imagenet/try_step.hpp>

namespace forebay {

/// The most rows up to `most` for which `fits` holds, in whole eights from 8 on; 0 where not even
/// one fits. More rows never fit where fewer do not.
std::size_t largest_rows(std::size_t most, const std::function<bool(std::size_t)>& fits);

/// The most rows of a GPU with which no layer's output, nor the input with its channels filled up
/// to four, has more than 2^31 - 1 values: cuDNN's engines index with 32 bits.
std::size_t rows_with_32_bits(const Network& network);

/// The learning rate for a batch by the linear rule: 0.1 for 256 images, and in proportion.
double linear_rate(int batch_size);

/// `options` with the batch size that --batch-size max stands for, and its learning rate unless
/// --lr was given; where the batch size is a number, as they are. With --resume both are the
/// checkpoint's. Otherwise the batch is planned: as many images for each device as its memory
/// holds, and the host's, but no more than an epoch has, nor on GPUs `rows_with_32_bits`. One step
/// is tried, and less if that fails; not on GPUs, whose plans would be timed for each. Tells `log`
/// what was chosen and why. Interrupted, it returns early. Throws `Error` where nothing fits. For a
/// process without other threads, as `try_step`, which tests replace by `tried`, as they do
/// `gpu_free` by bytes by GPU.
TrainOptions with_largest_batch(
    TrainOptions options, const DataFacts& data, Log& log,
    const std::function<TriedStep(const TrainOptions&)>& tried = try_step,
    const std::function<std::size_t(int gpu)>& gpu_free = free_gpu_memory);

}  // namespace forebay
