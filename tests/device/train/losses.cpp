#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <span>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/network/weights.hpp>

#include "commands.hpp"

namespace forebay::device {
namespace {

constexpr int kSteps = 20;
constexpr double kLearningRate = 0.01;

template <class Value>
std::vector<Value> read_all(const std::string& path) {
  std::vector<Value> values(std::filesystem::file_size(path) / sizeof(Value));
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(values.data()),
                 static_cast<std::streamsize>(values.size() * sizeof(Value)))) {
    throw Error(path + ": cannot be read");
  }
  return values;
}

/// What the CPU takes of pixels of three channels.
std::vector<float> normalised(const std::vector<std::byte>& pixels) {
  std::vector<float> values(pixels.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float pixel = static_cast<float>(std::to_integer<int>(pixels[i]));
    values[i] = (pixel - kPixels.mean[i % 3]) * (1 / kPixels.std_dev[i % 3]);
  }
  return values;
}

/// Batches one behind the other, which the steps take in turn.
class Batches {
 public:
  Batches(const std::string& folder, std::size_t rows, SampleType type)
      : rows_(rows),
        type_(type),
        pixels_(read_all<std::byte>(folder + "/images")),
        labels_(read_all<int>(folder + "/labels")) {
    if (type == SampleType::kFloat32) floats_ = normalised(pixels_);
  }

  Shard of(int step) const {
    const std::size_t count = labels_.size() / rows_;
    const std::size_t first = static_cast<std::size_t>(step) % count * rows_;
    const std::size_t values = first * (pixels_.size() / labels_.size());
    const void* images = &pixels_[values];
    if (type_ == SampleType::kFloat32) images = &floats_[values];
    return {images, std::span(labels_).subspan(first, rows_), rows_, type_};
  }

 private:
  std::size_t rows_;
  SampleType type_;
  std::vector<std::byte> pixels_;
  std::vector<float> floats_;
  std::vector<int> labels_;
};

/// A network in training: the weights are the host's, or the GPU's.
class Training {
 public:
  Training(const Network& network, Replica& replica, const std::string& model)
      : replica_(replica), weights_(network), sgd_(network, kSgd) {
    load_model(model, network, weights_);
    replica.load_parameters(weights_, 0, weights_.parameters().size());
    replica.load_buffers(weights_);
    if (OnDevice* device = replica.on_device(); device != nullptr) {
      device->begin_run();
      device->load_velocity(sgd_.velocity());
      device->load_loss_scaling({.scale = 1024});
    }
  }

  double step(const Shard& shard) {
    const StepResult result = replica_.forward_backward(shard, [&](const GradientBucket& bucket) {
      if (OnDevice* device = replica_.on_device(); device != nullptr) {
        return device->update(bucket, kLearningRate);
      }
      sgd_.update(weights_.parameters(), bucket.begin, bucket.values, kLearningRate);
      replica_.load_parameters(weights_, bucket.begin, bucket.values.size());
    });
    return result.loss_sum / static_cast<double>(result.rows);
  }

 private:
  Replica& replica_;
  Weights weights_;
  Sgd sgd_;
};

std::vector<double> train(const Network& network, Replica& replica, const std::string& folder,
                          const Batches& batches) {
  Training training(network, replica, folder + "/weights.safetensors");
  std::vector<double> losses;
  for (int step = 0; step < kSteps; ++step) losses.push_back(training.step(batches.of(step)));
  return losses;
}

}  // namespace

void losses(const std::string& device, int depth, std::size_t rows, const Type& type,
            const std::string& folder) {
  const Network network = resnet(depth);
  const bool on_gpu = device == "gpu";
  if (!on_gpu && device != "cpu") throw Error("give gpu or cpu");
  ReplicaOptions options{.rows = rows, .precision = type.precision, .tf32 = type.tf32};
  if (on_gpu) options.images = kPixels;
  const auto replica =
      on_gpu
          ? make_cuda_replica(
                network, {.replica = options, .sgd = kSgd, .gpu = gpu(), .tell = tell_not_captured})
          : make_cpu_replica(network, options);
  const Batches batches(folder, rows, options.images.type);
  const std::vector<double> first = train(network, *replica, folder, batches);
  const bool repeats = train(network, *replica, folder, batches) == first;
  fmt::print(R"({{"losses": [{:.7g}], "repeats": {}}})", fmt::join(first, ", "), repeats);
  fmt::print("\n");
  if (!repeats) throw Error("the same training again gives other losses");
}

}  // namespace forebay::device
