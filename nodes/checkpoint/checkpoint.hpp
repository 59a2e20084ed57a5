#pragma once

// Saves and loads training: a model file for everyone, and a state file to go on from.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/train/loss_scaling.hpp>

namespace forebay {

/// Where training stands.
struct TrainingState {
  std::int64_t step = 0;                         // taken since training began
  int epoch = 0;                                 // finished
  std::int64_t position = 0;                     // of the next sample, in the stream of all epochs
  std::map<std::string, std::string> settings;   // what must not change, such as {"lr", "0.1"}
  std::optional<LossScaling> loss_scaling = {};  // of float16

  friend bool operator==(const TrainingState&, const TrainingState&) = default;
};

/// What going on needs beside the weights.
struct Checkpoint {
  TrainingState state;
  std::vector<float> velocity;                      // in the layout of Weights::parameters()
  std::vector<std::vector<float>> replica_buffers;  // per replica, as in Weights::buffers()
};

/// "PREFIX-0003" for the end of epoch 3; the files are this plus `.safetensors` and
/// `.state.safetensors`.
std::string checkpoint_stem(const std::string& prefix, int epoch);

/// "PREFIX-interrupted", for a run that stops inside an epoch.
std::string interrupted_stem(const std::string& prefix);

/// Names of a checkpoint's two files.
std::string model_path(const std::string& stem);
std::string state_path(const std::string& stem);

/// Makes the folder of `prefix` where it is missing, and tries to create a file there. Throws
/// `Error` where checkpoints could not be saved; to be called before training.
void check_writable(const std::string& prefix);

/// Saves the pair. The model file has torchvision's names and nothing else (`load_state_dict` with
/// `strict=True` takes it), with `weights.buffers()` as running statistics. The state file has
/// `momentum.<parameter>`, `replica<i>.<buffer>` and the state as metadata.
///
/// A crash at any moment leaves the former pair of that name, or the new one, whole: both files are
/// complete on the disk before either is renamed, the state names the model it belongs to, and
/// loading also looks at a state that was not renamed yet. Throws `Error` naming the path.
void save_checkpoint(const std::string& stem, const Network& network, const Weights& weights,
                     std::span<const float> velocity,
                     std::span<const std::span<const float>> replica_buffers,
                     const TrainingState& state);

/// Fills `weights` from a model file, by this or by torchvision (num_batches_tracked may be
/// missing). Throws `Error` naming the first tensor that is missing, of another shape or type, or
/// unknown to the network, or where the values do not match their checksum; `weights` is as before.
void load_model(const std::string& path, const Network& network, Weights& weights);

/// Fills `weights` and returns the rest. Throws `Error` as `load_model` does, and where there is no
/// state that belongs to the model.
Checkpoint load_checkpoint(const std::string& stem, const Network& network, Weights& weights);

/// The state alone, from the head of its file. Throws `Error` where none belongs to the model.
TrainingState load_state(const std::string& stem);

/// Whether a state stands beside the model of `stem`. Where none does, only the model can be
/// loaded.
bool has_state(const std::string& stem);

/// Removes both files, where they are there. Throws `Error` naming the one that cannot be removed.
void remove_checkpoint(const std::string& stem);

/// What `find_latest` found.
struct LatestCheckpoint {
  std::string stem;  // empty where there is none
  std::int64_t step = 0;
  std::vector<std::string> passed_over;  // why newer or equal ones cannot be used, for the log
};

/// The checkpoint of `prefix` with the most steps among those with a whole header and a matching
/// state; of equal ones the end of the epoch. Throws `Error` where the folder cannot be read.
LatestCheckpoint find_latest(const std::string& prefix);

/// Stems of the checkpoints of `prefix` that are further than the end of `epoch`, in order; models
/// without a state are among them. Throws `Error` where the folder cannot be read.
std::vector<std::string> checkpoints_after(const std::string& prefix, int epoch);

}  // namespace forebay
