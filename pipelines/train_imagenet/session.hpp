#pragma once

// One training session: what outlives the graphs of its epochs, and those graphs.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/train/metrics.hpp>
#include <forebay/nodes/train/schedule.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <train_imagenet/batch_advice.hpp>
#include <train_imagenet/cache.hpp>
#include <train_imagenet/checkpoints.hpp>
#include <train_imagenet/classes.hpp>
#include <train_imagenet/live_facts.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>
#include <train_imagenet/progress.hpp>
#include <train_imagenet/speedometer.hpp>
#include <train_imagenet/tuning.hpp>

namespace forebay {

/// The network that the flags describe.
Network make_network(const TrainOptions& options);

/// What a finished session tells the report.
struct SessionResult {
  bool interrupted = false;
  std::uint64_t images = 0;  // trained on
  double seconds = 0;        // of the training graphs alone
  double images_per_epoch = 0;
  double epochs = 0;                        // of the whole training
  std::uint64_t skipped = 0;                // bad images
  std::uint64_t skipped_in_validation = 0;  // the same, in the last pass
  GraphSnapshot last_epoch;                 // of the last training graph
  Machine machine;                          // that it ran on
  std::string samples = "images";           // what its source gives
  std::size_t planned_bytes = 0;
  std::string simulated;  // what devices were simulated; empty: none
  std::string tuning;     // what was chosen, a line
  std::string cache;      // what --cache did, a line
};

/// Trains as `options` say. Each epoch is one run of
///
///     read ─► decode ─► slot ─► augment ─► batch ─► (trainer) ─► log
///
/// then of the same up to `batch` and the validation nodes, on --data-val. An epoch's graph reads
/// what makes full batches; images that are left over begin the next epoch, so that each is seen
/// once per pass over the data.
class Session {
 public:
  /// Opens the data, builds the replicas and loads the checkpoint to go on from. Throws `Error`.
  Session(const TrainOptions& options, Log& log);

  SessionResult train();

 private:
  void load();
  /// Stem of the checkpoint to go on from; empty: from the beginning.
  std::string starting_point();
  void load_weights(const std::string& stem);
  void load_all(const std::string& stem);
  void begin_epoch(int epoch);
  void warn_of_other_threads(const Settings& saved);
  void check_graphs();
  void remove_another_runs_checkpoints();
  std::string data_text() const;
  TrainingState state(int epoch) const;
  /// Does nothing without --model-prefix.
  void save(const std::string& stem, int epoch);

  void train_and_validate(int epoch);
  // False when they were interrupted. Without --data-val nothing is validated.
  bool train_epoch(int epoch);
  bool validate(int epoch);
  void build_training(Graph& graph, const std::function<void(const Step&)>& on_step);
  void build_validation(Graph& graph, const std::function<void(const StepResult&)>& on_result);
  Stage<void, BatchHandle> training_batches(Graph& graph);
  Stage<void, BatchHandle> made_up_batches(Graph& graph) const;
  void step_done(int epoch, int batch, const Step& step);
  void judge_batch(const Graph& graph);
  Progress progress_at(int epoch, std::uint64_t images) const;
  void show_progress(const Progress& progress);

  const TrainOptions& options_;
  Log& log_;
  Network network_;
  std::optional<RecordReader> train_data_, val_data_;
  std::shared_ptr<DecodedCache> cache_;  // of train_data_; null without --cache
  LabelWatch labels_;
  std::uint64_t epoch_size_ = 0;  // images
  BatchPool batches_;
  ImagePool images_;
  std::vector<DecodeHelper> decode_helpers_;
  int threads_;  // of each replica
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<LiveTuner> tuner_;         // null without --tune
  std::optional<BatchAdvice> batch_advice_;  // with --batch-size max

  int first_epoch_ = 0;
  std::uint64_t position_ = 0;  // in the stream of training images
  SessionResult result_;

  Clock clock_;
  Speedometer speedometer_;
  ProgressLine progress_line_;
  bool on_terminal_;
  StepResult epoch_total_;
  double last_lr_ = 0;
  std::optional<LiveFacts> live_;
  Publication cache_facts_;
};

}  // namespace forebay
