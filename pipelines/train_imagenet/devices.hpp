#pragma once

// From --devices to replicas, and what is told of them.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <forebay/graph/inspect/facts.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <forebay/nodes/train/gradient_mean.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// Images of each batch that one device gets.
std::size_t rows_per_device(const TrainOptions& options);

/// Threads that a replica computes with; 1 where it is not this machine's CPU.
int threads_per_replica(const TrainOptions& options);

/// "bfloat16, ...": what the devices compute in where that is not all in float32; else empty.
std::string describe_precision(const TrainOptions& options);

/// Whether products in float32 are of the first 11 bits of each factor.
bool uses_tf32(const TrainOptions& options);

/// The optimizer's, wherever it is.
SgdOptions sgd_options(const TrainOptions& options);

/// Of one of the GPUs that were found.
GpuId gpu_id(const DeviceName& device);

/// "nag, ...": what updates the weights where it is not plain sgd; empty where it is.
std::string describe_optimizer(const TrainOptions& options);

/// Where batches have their images: a GPU copies from memory that stays where it is.
BatchMemory batch_memory(const TrainOptions& options);

/// How each replica is compiled.
ReplicaOptions replica_options(const TrainOptions& options);

/// A replica for each of --devices. `tell` gets lines for the log, from any thread. Throws `Error`
/// where the batch does not fit into the memory of a device, saying what would if it is simulated.
std::vector<std::unique_ptr<Replica>> make_replicas(
    const TrainOptions& options, const Network& network,
    const std::function<void(const std::string& line)>& tell);

/// Why several GPUs average gradients over the host instead of among themselves, and what to do
/// about it; empty where they do not.
std::string why_mean_on_host(const TrainOptions& options);

/// Logs that; nothing where they do not. Throws `Error` where they would average in float16.
void tell_averaging(const TrainOptions& options, Log& log);

/// Makes the mean of the gradients of what `make_replicas` gave, which outlive it. Throws `Error`
/// where GPUs do not find each other.
std::unique_ptr<GradientMean> make_mean(const TrainOptions& options,
                                        std::span<const std::unique_ptr<Replica>> replicas);

/// What the first of the GPUs fuses of batch norms, in lines; empty where --devices has none. With
/// --batch-size max it says that a number is needed.
/// Throws what `make_replicas` does.
std::string describe_fusions(const TrainOptions& options, const Network& network);

/// Of the simulated --devices, for `network`. Throws what `make_replicas` does.
SimProfile simulated_profile(const TrainOptions& options, const Network& network);

/// What inspectors are told of --devices; how busy they are is not known here.
std::vector<DeviceFacts> device_facts(const TrainOptions& options, const Network& network,
                                      const Trainer& trainer);

/// "16 K80, ...": what the simulated --devices stand for and what their results are worth. Throws
/// what `make_replicas` does.
std::string describe_simulated(const TrainOptions& options, const Network& network);

}  // namespace forebay
