#pragma once

// What a training takes of the host's memory beside its devices: images and batches on their way.

#include <cstddef>
#include <cstdint>

#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// What is to be known of the training images before memory is planned for them.
struct DataFacts {
  std::uint64_t images = 0;  // of an epoch
  std::size_t encoded = 0;   // bytes of one: the mean of the first ones
  std::size_t decoded = 0;   // what of it waits for its row, decoded
};

/// Reads the first images of --data-train; made-up ones (--benchmark 1) have no size. Throws
/// `Error`.
DataFacts look_at_data(const TrainOptions& options);

/// Batches that are alive at the same time without --host-memory, at most.
std::size_t batches_alive(const TrainOptions& options);

/// Bytes that the process takes at most beside the devices' plans: itself, the reader's window,
/// what the queues between reading and training hold, the batches and --cache. With --host-memory
/// the least that it can do with.
std::uint64_t host_bytes(const TrainOptions& options, const DataFacts& data);

/// `options` with the plan that --host-memory comes to, if it is given: as many images in each of
/// the queues from reading to batches as the memory holds, and batches for as many images. `log` is
/// told. Throws `Error` where the memory is too little to keep the workers busy.
TrainOptions with_host_memory(TrainOptions options, const DataFacts& data, Log& log);

}  // namespace forebay
