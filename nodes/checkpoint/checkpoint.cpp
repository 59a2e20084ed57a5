#include <forebay/nodes/checkpoint/checkpoint.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <filesystem>
#include <set>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/checkpoint/safetensors.hpp>
#include <forebay/nodes/checkpoint/state_metadata.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

// A tensor of the network and its place in a flat array.
struct Slot {
  std::string name;
  const TensorShape* shape;
  std::size_t begin = 0, count = 0;
};

// Slots of parameters or buffers, which have the same members.
std::vector<Slot> slots_of(const auto& described, const std::string& prefix = "") {
  std::vector<Slot> slots;
  std::size_t begin = 0;
  for (const auto& tensor : described) {
    const auto count = static_cast<std::size_t>(elements(tensor.shape));
    slots.push_back({prefix + tensor.name, &tensor.shape, begin, count});
    begin += count;
  }
  return slots;
}

std::string replica_prefix(std::size_t replica) { return fmt::format("replica{}.", replica); }

void add_tensors(std::vector<StoredTensor>& tensors, const std::vector<Slot>& slots,
                 std::span<const float> values) {
  for (const Slot& slot : slots) {
    tensors.push_back(
        {slot.name, "F32", *slot.shape, std::as_bytes(values.subspan(slot.begin, slot.count))});
  }
}

// torchvision has one counter per batch norm, beside its running mean.
std::vector<std::string> counter_names(const Network& network) {
  constexpr std::string_view kMean = "running_mean";
  std::vector<std::string> names;
  for (const Buffer& buffer : network.buffers) {
    if (!buffer.name.ends_with(kMean)) continue;
    names.push_back(buffer.name.substr(0, buffer.name.size() - kMean.size()) +
                    "num_batches_tracked");
  }
  return names;
}

// Copies tensors of one file into flat arrays. Checks all before it copies any.
class Loader {
 public:
  Loader(const SafetensorsFile& file, const std::string& path, const Network& network)
      : file_(file), network_(network), doing_(fmt::format("loading \"{}\"", path)) {
    const auto stored = file.metadata().find("network");
    if (stored != file.metadata().end()) doing_ += fmt::format(" ({})", stored->second);
    doing_ += fmt::format(" into {}", network.name);
  }

  void expect(const std::vector<Slot>& slots, std::span<float> values) {
    for (const Slot& slot : slots) {
      const StoredTensor* tensor = file_.find(slot.name);
      if (tensor == nullptr) {
        refuse(fmt::format("the file has no tensor \"{}\" [{}]", slot.name,
                           fmt::join(*slot.shape, ", ")));
      }
      if (tensor->shape != *slot.shape) {
        refuse(fmt::format("tensor \"{}\" is [{}] in the file and [{}] in the network", slot.name,
                           fmt::join(tensor->shape, ", "), fmt::join(*slot.shape, ", ")));
      }
      if (tensor->type != "F32") {
        refuse(fmt::format("tensor \"{}\" is {} in the file; only F32 can be loaded", slot.name,
                           tensor->type));
      }
      known_.insert(slot.name);
      copies_.push_back({tensor->bytes, values.data() + slot.begin});
    }
  }

  void expect_counters(std::int64_t& counter) {
    for (const std::string& name : counter_names(network_)) {
      const StoredTensor* tensor = file_.find(name);
      if (tensor == nullptr) continue;  // older torchvision files have none
      if (tensor->type != "I64" || elements(tensor->shape) != 1) {
        refuse(fmt::format("tensor \"{}\" is not one I64", name));
      }
      known_.insert(name);
      copies_.push_back({tensor->bytes, &counter});
    }
  }

  void copy() {
    for (const StoredTensor& tensor : file_.tensors()) {
      if (!known_.contains(tensor.name)) {
        refuse(fmt::format("the network has no tensor \"{}\" [{}]", tensor.name,
                           fmt::join(tensor.shape, ", ")));
      }
    }
    const auto stored = file_.metadata().find("checksum");
    if (stored != file_.metadata().end() && stored->second != detail::checksum(file_.tensors())) {
      throw Error(doing_ +
                  ": its values do not match their checksum; the file is damaged, use "
                  "another checkpoint");
    }
    for (const auto& [from, to] : copies_) {
      if (!from.empty()) std::memcpy(to, from.data(), from.size());
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(
        fmt::format("{}: {}; use the network that the checkpoint was saved from", doing_, what));
  }

  const SafetensorsFile& file_;
  const Network& network_;
  std::string doing_;
  std::set<std::string> known_;
  std::vector<std::pair<std::span<const std::byte>, void*>> copies_;
};

void load_model_file(const SafetensorsFile& file, const std::string& path, const Network& network,
                     Weights& weights) {
  Loader loader(file, path, network);
  loader.expect(slots_of(network.parameters), weights.parameters());
  loader.expect(slots_of(network.buffers), weights.buffers());
  loader.expect_counters(weights.batches_tracked);
  loader.copy();
}

Checkpoint load_state_file(const std::string& path, const Network& network,
                           const Weights& weights) {
  const SafetensorsFile file(path);
  Checkpoint checkpoint;
  checkpoint.state = detail::to_state(file.metadata(), path);
  const std::int64_t replicas = detail::integer(file.metadata(), "replicas", path);
  Loader loader(file, path, network);
  checkpoint.velocity.resize(weights.parameters().size());
  loader.expect(slots_of(network.parameters, "momentum."), checkpoint.velocity);
  for (std::int64_t r = 0; r < replicas; ++r) {
    const std::vector<Slot> slots =
        slots_of(network.buffers, replica_prefix(static_cast<std::size_t>(r)));
    if (!slots.empty() && file.find(slots.front().name) == nullptr) {
      throw Error(
          fmt::format("reading \"{}\": it has {} replicas by its metadata, but not the "
                      "tensors of replica {}; it is damaged",
                      path, replicas, r));
    }
    checkpoint.replica_buffers.emplace_back(weights.buffers().size());
    loader.expect(slots, checkpoint.replica_buffers.back());
  }
  loader.copy();
  return checkpoint;
}

}  // namespace

std::string model_path(const std::string& stem) { return stem + ".safetensors"; }

std::string state_path(const std::string& stem) { return stem + ".state.safetensors"; }

void save_checkpoint(const std::string& stem, const Network& network, const Weights& weights,
                     std::span<const float> velocity,
                     std::span<const std::span<const float>> replica_buffers,
                     const TrainingState& state) {
  assert(velocity.size() == weights.parameters().size());
  std::vector<StoredTensor> model;
  add_tensors(model, slots_of(network.parameters), weights.parameters());
  add_tensors(model, slots_of(network.buffers), weights.buffers());
  const auto counter = std::as_bytes(std::span(&weights.batches_tracked, 1));
  for (std::string& name : counter_names(network)) model.push_back({name, "I64", {}, counter});

  std::vector<StoredTensor> rest;
  add_tensors(rest, slots_of(network.parameters, "momentum."), velocity);
  for (std::size_t r = 0; r < replica_buffers.size(); ++r) {
    assert(replica_buffers[r].size() == weights.buffers().size());
    add_tensors(rest, slots_of(network.buffers, replica_prefix(r)), replica_buffers[r]);
  }

  const std::string checksum = detail::checksum(model);
  Metadata state_metadata = detail::to_metadata(state);
  state_metadata["network"] = network.name;
  state_metadata["replicas"] = fmt::format("{}", replica_buffers.size());
  state_metadata["model_checksum"] = checksum;
  state_metadata["checksum"] = detail::checksum(rest);

  detail::complete_interrupted_save(stem);
  AtomicFile model_file(model_path(stem)), state_file(state_path(stem));
  write_safetensors(model_file, std::move(model),
                    {{"format", "pt"},
                     {"network", network.name},
                     {"epoch", state_metadata["epoch"]},
                     {"step", state_metadata["step"]},
                     {"checksum", checksum}});
  write_safetensors(state_file, std::move(rest), state_metadata);
  model_file.sync();
  state_file.sync();
  // The model first: from here on `matching_state` finds the state under either name.
  model_file.commit();
  state_file.commit();
}

TrainingState load_state(const std::string& stem) {
  const std::string path = detail::matching_state(stem);
  return detail::to_state(read_safetensors_metadata(path), path);
}

bool has_state(const std::string& stem) {
  if (fs::exists(state_path(stem))) return true;
  try {
    detail::matching_state(stem);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void remove_checkpoint(const std::string& stem) {
  const std::string state = state_path(stem);
  // The model first: a state without one is never looked at.
  for (const std::string& path : {model_path(stem), state, AtomicFile::temporary_of(state)}) {
    std::error_code error;
    fs::remove(path, error);
    if (error) throw system_error(fmt::format("removing \"{}\"", path), error.value());
  }
}

void load_model(const std::string& path, const Network& network, Weights& weights) {
  load_model_file(SafetensorsFile(path), path, network, weights);
}

Checkpoint load_checkpoint(const std::string& stem, const Network& network, Weights& weights) {
  // The model first, so that another network's checkpoint is refused by the network's own names;
  // into a copy, so that a damaged state leaves `weights` as they were.
  const std::string state = detail::matching_state(stem);
  Weights loaded = weights;
  load_model(model_path(stem), network, loaded);
  Checkpoint checkpoint = load_state_file(state, network, loaded);
  weights = std::move(loaded);
  return checkpoint;
}

}  // namespace forebay
