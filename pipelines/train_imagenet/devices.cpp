#include <train_imagenet/devices.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <forebay/nodes/sim/sim_replica.hpp>
#include <train_imagenet/data.hpp>

namespace forebay {
namespace {

using Tell = std::function<void(const std::string& line)>;

constexpr double kGiB = 1 << 30;

std::string wrong_batch(const TrainOptions& options, const SimProfile& profile) {
  const std::size_t rows = rows_per_device(options), most = most_rows(profile);
  const std::string what = fmt::format(
      "--batch-size is {}, {} images for each of {} {}, whose {:.1f} GiB hold", options.batch_size,
      rows, options.devices.size(), profile.name, profile.device_bytes / kGiB);
  if (most == 0) return fmt::format("{} not one of {}", what, profile.network.name);
  return fmt::format("{} {} of {} at most; give {} or less", what, most, profile.network.name,
                     most * options.devices.size());
}

Precision precision_of(const std::string& dtype) {
  if (dtype == "float16") return Precision::kFloat16;
  return dtype == "bfloat16" ? Precision::kBfloat16 : Precision::kFloat32;
}

Precision wanted_precision(const TrainOptions& options) { return precision_of(options.dtype); }

Precision used_precision(const TrainOptions& options) {
  const Precision wanted = wanted_precision(options);
  return on_gpus(options.devices) ? wanted : cpu_precision(wanted);
}

SgdKind kind_of(const std::string& optimizer) {
  if (optimizer == "lars") return SgdKind::kLars;
  return optimizer == "nag" ? SgdKind::kNesterov : SgdKind::kPlain;
}

Averaging averaging(const TrainOptions& options) {
  if (options.devices.size() == 1) return Averaging::kNone;
  return why_mean_on_host(options).empty() ? Averaging::kGpus : Averaging::kHost;
}

CudaReplicaOptions gpu_replica_options(const TrainOptions& options, const DeviceName& device) {
  return {.replica = replica_options(options),
          .sgd = sgd_options(options),
          .gpu = gpu_id(device),
          .averaging = averaging(options)};
}

std::vector<std::unique_ptr<Replica>> make_gpu_replicas(const TrainOptions& options,
                                                        const Network& network, const Tell& tell) {
  std::vector<std::unique_ptr<Replica>> replicas;
  for (const DeviceName& device : options.devices) {
    CudaReplicaOptions gpu = gpu_replica_options(options, device);
    gpu.tell = [tell](const std::string& why) {
      tell("Kernels are queued one by one, as CUDA does not capture them: " + why);
    };
    replicas.push_back(make_cuda_replica(network, gpu));
  }
  return replicas;
}

}  // namespace

std::size_t rows_per_device(const TrainOptions& options) {
  return static_cast<std::size_t>(options.batch_size) / options.devices.size();
}

// Each replica gets its share of the cores, of which large teams leave an eighth to the image path:
// one thread of a team that has to wait for a core holds up all of them.
int threads_per_replica(const TrainOptions& options) {
  if (simulated(options.devices) || on_gpus(options.devices)) return 1;
  const std::size_t share =
      std::max<std::size_t>(1, static_cast<std::size_t>(usable_threads()) / options.devices.size());
  return static_cast<int>(share - share / 8);
}

bool uses_tf32(const TrainOptions& options) {
  return options.tf32 && on_gpus(options.devices) &&
         wanted_precision(options) == Precision::kFloat32;
}

std::string describe_precision(const TrainOptions& options) {
  const Precision wanted = wanted_precision(options);
  if (wanted == Precision::kFloat32) {
    return uses_tf32(options) ? "float32, with products in TF32" : "";
  }
  if (wanted == Precision::kFloat16) {
    return "float16, with weights in float32 and a loss scale that is found while it trains";
  }
  return used_precision(options) == wanted
             ? "bfloat16, with weights in float32"
             : "float32, because this CPU has no instructions for bfloat16";
}

ReplicaOptions replica_options(const TrainOptions& options) {
  ReplicaOptions replica;
  replica.rows = rows_per_device(options);
  replica.label_smoothing = static_cast<float>(options.label_smoothing);
  replica.threads = threads_per_replica(options);
  replica.precision = used_precision(options);
  replica.tf32 = uses_tf32(options);
  if (on_gpus(options.devices) && averaging(options) == Averaging::kGpus) {
    replica.reduce_in = precision_of(options.reduce_dtype);
  }
  const AugmentOptions augment = train_path(options).augment;
  replica.images = {
      .type = sample_format(options).type, .mean = augment.rgb_mean, .std_dev = augment.rgb_std};
  return replica;
}

SgdOptions sgd_options(const TrainOptions& options) {
  return {.momentum = options.mom,
          .weight_decay = options.wd,
          .no_bias_decay = options.no_bias_decay,
          .kind = kind_of(options.optimizer),
          .eta = options.lars_eta};
}

std::string describe_optimizer(const TrainOptions& options) {
  if (options.optimizer == "nag") return "nag, with Nesterov's momentum";
  if (options.optimizer != "lars") return "";
  return fmt::format(
      "lars, each layer's weights at a rate of their own with eta {}; biases and batch norms at "
      "--lr, without weight decay",
      options.lars_eta);
}

GpuId gpu_id(const DeviceName& device) {
  return {.number = device.index,
          .name = find_gpus().gpus.at(static_cast<std::size_t>(device.index)).name};
}

BatchMemory batch_memory(const TrainOptions& options) {
  return on_gpus(options.devices) ? pinned_batch_memory(gpu_id(options.devices.front()))
                                  : plain_batch_memory();
}

std::vector<std::unique_ptr<Replica>> make_replicas(const TrainOptions& options,
                                                    const Network& network, const Tell& tell) {
  const ReplicaOptions replica = replica_options(options);
  if (simulated(options.devices)) {
    return make_sim_replicas(network, replica, simulated_profile(options, network),
                             options.devices.size());
  }
  if (on_gpus(options.devices)) return make_gpu_replicas(options, network, tell);
  std::vector<std::unique_ptr<Replica>> replicas;
  for (std::size_t i = 0; i < options.devices.size(); ++i) {
    replicas.push_back(make_cpu_replica(network, replica));
  }
  return replicas;
}

std::string why_mean_on_host(const TrainOptions& options) {
  const bool several_gpus = on_gpus(options.devices) && options.devices.size() > 1;
  return several_gpus ? why_no_gpu_mean() : "";
}

void tell_averaging(const TrainOptions& options, Log& log) {
  if (options.reduce_dtype != "float32" && options.devices.size() == 1) {
    log.info("--reduce-dtype " + options.reduce_dtype + " changes nothing: there is one device");
  }
  const std::string why = why_mean_on_host(options);
  if (!why.empty() && options.reduce_dtype == "float16") {
    throw Error("--reduce-dtype float16 is for GPUs that average among themselves: " + why +
                "; or give bfloat16 or float32");
  }
  if (!why.empty()) log.info("Averaging gradients over the host: " + why);
}

std::unique_ptr<GradientMean> make_mean(const TrainOptions& options,
                                        std::span<const std::unique_ptr<Replica>> replicas) {
  if (on_gpus(options.devices) && averaging(options) == Averaging::kGpus) {
    return make_gpu_mean(replicas);
  }
  const bool one = options.devices.size() == 1;  // nothing is averaged, in whatever type
  return std::make_unique<HostMean>(one ? Precision::kFloat32 : precision_of(options.reduce_dtype));
}

std::string describe_fusions(const TrainOptions& options, const Network& network) {
  if (!on_gpus(options.devices)) return "";
  if (options.batch_size < 1) {
    return "fused batch norms: which are faster depends on the batch; give --batch-size a number";
  }
  return describe_fusions(network, gpu_replica_options(options, options.devices.front()));
}

SimProfile simulated_profile(const TrainOptions& options, const Network& network) {
  const SimProfile profile = scaled_to(find_sim_profile(options.devices.front().profile), network);
  if (rows_per_device(options) > most_rows(profile)) throw Error(wrong_batch(options, profile));
  return profile;
}

std::vector<DeviceFacts> device_facts(const TrainOptions& options, const Network& network,
                                      const Trainer& trainer) {
  const double total =
      simulated(options.devices) ? simulated_profile(options, network).device_bytes : 0;
  std::vector<DeviceFacts> devices;
  for (std::size_t i = 0; i < options.devices.size(); ++i) {
    DeviceFacts device;
    device.name = fmt::format("{}:{}", options.devices[i].kind, options.devices[i].index);
    device.memory_used = trainer.replica_bytes(i);
    device.memory_total = static_cast<std::uint64_t>(total);
    if (on_gpus(options.devices)) {
      const Gpu& gpu = find_gpus().gpus.at(static_cast<std::size_t>(options.devices[i].index));
      device.memory_total = gpu.memory_bytes;
      device.pci = gpu.pci;
    }
    devices.push_back(device);
  }
  return devices;
}

std::string describe_simulated(const TrainOptions& options, const Network& network) {
  const SimProfile profile = simulated_profile(options, network);
  const std::size_t rows = rows_per_device(options);
  const double seconds = step_seconds(profile, rows);
  const std::string measured = find_sim_profile(options.devices.front().profile).network.name;
  return fmt::format(
      "{} {}, each {:.1f} ms for a step of {} images{} and {:.1f} of {:.1f} GiB; they compute "
      "nothing, so loss and accuracy mean nothing",
      options.devices.size(), profile.name, 1e3 * seconds, rows,
      measured == profile.network.name ? ""
                                       : fmt::format(" (estimated from {} by FLOPs)", measured),
      bytes_for_rows(profile, rows) / kGiB, profile.device_bytes / kGiB);
}

}  // namespace forebay
