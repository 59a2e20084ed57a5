#pragma once

// One training session: what outlives the graphs of its epochs, and those graphs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/train/metrics.hpp>
#include <forebay/nodes/train/schedule.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <train_imagenet/classes.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>
#include <train_imagenet/progress.hpp>
#include <train_imagenet/speedometer.hpp>

namespace forebay {

/// The network that the flags describe.
Network make_network(const TrainOptions& options);

/// What a finished session tells the report.
struct SessionResult {
  bool interrupted = false;
  std::uint64_t images = 0;  // trained on
  double seconds = 0;        // of the training graphs alone
  double images_per_epoch = 0;
  std::uint64_t skipped = 0;  // bad images
  GraphSnapshot last_epoch;   // of the last training graph
  std::size_t planned_bytes = 0;
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
  /// What keeps this run from going on exactly where `saved` ends; empty when nothing does.
  std::string difference_from(const TrainingState& saved) const;
  std::string data_text() const;
  TrainingState state(int epoch) const;
  /// Does nothing without --model-prefix.
  void save(const std::string& stem, int epoch);

  /// False when it was interrupted.
  bool train_epoch(int epoch, SessionResult& result);
  bool validate(int epoch);
  Stage<void, BatchHandle> training_batches(Graph& graph, int epoch, const SessionResult& result);
  Stage<void, BatchHandle> made_up_batches(Graph& graph) const;
  void step_done(int epoch, int batch, const Step& step);
  void show_progress(const Progress& progress);

  const TrainOptions& options_;
  Log& log_;
  Network network_;
  std::optional<RecordReader> train_data_, val_data_;
  LabelWatch labels_;
  std::uint64_t epoch_size_ = 0;  // images
  BatchPool batches_;
  ImagePool images_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Trainer> trainer_;

  int first_epoch_ = 0;
  std::uint64_t position_ = 0;  // in the stream of training images

  Clock clock_;
  Speedometer speedometer_;
  ProgressLine progress_line_;
  bool on_terminal_;
  StepResult epoch_total_;
  double last_lr_ = 0;
};

/// --test-io 1: reads one epoch of training batches and logs the speed.
GraphSnapshot test_io(const TrainOptions& options, Log& log);

}  // namespace forebay
