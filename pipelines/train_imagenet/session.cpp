#include <train_imagenet/session.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include <common/clock.hpp>
#include <common/interrupt.hpp>
#include <common/terminal.hpp>
#include <forebay/nodes/random.hpp>
#include <train_imagenet/data.hpp>

namespace forebay {
namespace {

std::uint64_t skipped_images(const GraphSnapshot& snapshot) {
  for (const NodeSnapshot& node : snapshot.nodes) {
    if (node.name == "decode") return node.skipped;
  }
  return 0;
}

std::vector<std::unique_ptr<Replica>> make_replicas(const TrainOptions& options,
                                                    const Network& network, std::size_t rows) {
  const std::size_t count = options.devices.size();
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  ReplicaOptions replica;
  replica.rows = rows;
  replica.label_smoothing = static_cast<float>(options.label_smoothing);
  replica.threads = static_cast<int>(std::max<std::size_t>(1, cores / count));
  std::vector<std::unique_ptr<Replica>> replicas;
  for (std::size_t i = 0; i < count; ++i) replicas.push_back(make_cpu_replica(network, replica));
  return replicas;
}

ScheduleOptions schedule_options(const TrainOptions& options, std::uint64_t epoch_size) {
  ScheduleOptions schedule;
  schedule.lr = options.lr;
  schedule.factor = options.lr_factor;
  schedule.epochs = options.num_epochs;
  schedule.warmup_epochs = options.warmup_epochs;
  schedule.steps_per_epoch = static_cast<double>(epoch_size) / options.batch_size;
  switch (options.lr_schedule) {
    case LrSchedule::kStep:
      schedule.decay = {LrDecay::Kind::kSteps, options.lr_step_epochs, 0};
      break;
    case LrSchedule::kCosine:
      schedule.decay.kind = LrDecay::Kind::kCosine;
      break;
    case LrSchedule::kPolynomial:
      schedule.decay = {LrDecay::Kind::kPower, {}, options.lr_power};
      break;
  }
  return schedule;
}

TrainerOptions trainer_options(const TrainOptions& options, const Schedule& schedule) {
  return {.sgd = {.momentum = options.mom,
                  .weight_decay = options.wd,
                  .no_bias_decay = options.no_bias_decay},
          .lr = [&schedule](std::int64_t step) { return schedule.at(step); },
          .stop = InterruptWatch::seen};
}

}  // namespace

Network make_network(const TrainOptions& options) {
  if (options.network == "lenet") return lenet(options.image_shape, options.num_classes);
  if (options.network == "mlp") return mlp(options.image_shape, options.num_classes);
  return resnet(options.num_layers, options.image_shape, options.num_classes);
}

Session::Session(const TrainOptions& options, Log& log)
    : options_(options),
      log_(log),
      network_(make_network(options)),
      batches_(static_cast<std::size_t>(options.batch_size), options.image_shape),
      clock_(seconds_now),
      speedometer_(options, clock_),
      progress_line_(clock_, terminal_width),
      on_terminal_(terminal_on_stderr()) {
  const auto batch = static_cast<std::uint64_t>(options.batch_size);
  if (!options.model_prefix.empty()) check_writable(options.model_prefix);
  if (options.benchmark) {
    epoch_size_ = static_cast<std::uint64_t>(options.num_examples.value_or(1281167));
  } else {
    train_data_.emplace(train_reader(options));
    log_.info(train_data_->describe());
    epoch_size_ = options.num_examples ? static_cast<std::uint64_t>(*options.num_examples)
                                       : train_data_->count();
    if (!options.data_val.empty()) {
      val_data_.emplace(validation_reader(options));
      log_.info(val_data_->describe());
    }
  }
  if (train_data_) check_num_classes(options, train_data_->classes());
  if (epoch_size_ < batch) {
    throw Error(
        fmt::format("--batch-size is {}, more than the {} images of an epoch; give {} or "
                    "less",
                    batch, epoch_size_, epoch_size_));
  }
  const std::size_t rows = static_cast<std::size_t>(batch) / options.devices.size();
  schedule_ = std::make_unique<Schedule>(schedule_options(options, epoch_size_));
  trainer_ = std::make_unique<Trainer>(network_, make_replicas(options, network_, rows), rows,
                                       trainer_options(options, *schedule_));
  load();
}

void Session::load() {
  std::string stem;
  if (options_.resume) {
    const LatestCheckpoint latest = find_latest(options_.model_prefix);
    for (const std::string& why : latest.passed_over) log_.info(why);
    stem = latest.stem;
    if (stem.empty()) log_.info("No checkpoint to resume from; beginning with epoch 0");
  } else if (options_.load_epoch) {
    stem = checkpoint_stem(options_.model_prefix, *options_.load_epoch);
  }
  if (stem.empty()) {
    trainer_->weights().initialise(options_.seed);
    trainer_->restore(std::nullopt);
    return;
  }
  const Checkpoint checkpoint = load_checkpoint(stem, network_, trainer_->weights());
  const std::string difference = difference_from(checkpoint.state);
  if (!difference.empty() && options_.resume) {
    throw Error("cannot resume from " + model_path(stem) + ": " + difference +
                "; give the same, or --load-epoch to go on from an epoch's weights");
  }
  std::copy(checkpoint.velocity.begin(), checkpoint.velocity.end(),
            trainer_->sgd().velocity().begin());
  Step last;
  first_epoch_ = checkpoint.state.epoch;
  if (difference.empty()) {
    last.number = checkpoint.state.step - 1;
    position_ = static_cast<std::uint64_t>(checkpoint.state.position);
    last.next_position = position_;
    trainer_->restore(last, checkpoint.replica_buffers);
  } else {
    log_.info("Going on with the weights and the momentum alone: " + difference);
    position_ = static_cast<std::uint64_t>(first_epoch_) * epoch_size_;
    const auto batch = static_cast<std::uint64_t>(options_.batch_size);
    last.number = static_cast<std::int64_t>(position_ / batch) - 1;
    last.next_position = position_;
    trainer_->restore(last);
  }
  log_.info(loaded_message(model_path(stem)));
  if (options_.lr_schedule == LrSchedule::kStep) {
    log_.info(resumed_rate_message(schedule_->at(last.number + 1), first_epoch_));
  }
}

// How many records in which order, without the path: data may move.
std::string Session::data_text() const {
  if (!train_data_) return "made up";
  const std::string text = train_data_->describe();
  return text.substr(text.rfind(": ") + 2);
}

TrainingState Session::state(int epoch) const {
  TrainingState state;
  state.step = trainer_->next_step();
  state.epoch = epoch;
  state.position = static_cast<std::int64_t>(position_);
  state.seed = options_.seed;
  state.batch_size = options_.batch_size;
  state.settings = {{"devices", std::to_string(options_.devices.size())},
                    {"num-examples", std::to_string(epoch_size_)},
                    {"data", data_text()}};
  return state;
}

// Another batch size, seed or data would read on somewhere else than the run left off.
std::string Session::difference_from(const TrainingState& saved) const {
  const TrainingState now = state(0);
  std::string text;
  const auto compare = [&](const std::string& what, const auto& then, const auto& given) {
    if (then == given) return;
    text += fmt::format("{}it was saved with {} {}, this run has {}", text.empty() ? "" : ", ",
                        what, then, given);
  };
  compare("--batch-size", saved.batch_size, now.batch_size);
  compare("--seed", saved.seed, now.seed);
  for (const auto& [name, value] : now.settings) {
    const auto then = saved.settings.find(name);
    if (then != saved.settings.end()) compare(name, then->second, value);
  }
  return text;
}

void Session::save(const std::string& stem, int epoch) {
  if (options_.model_prefix.empty()) return;
  const std::vector<std::span<const float>> buffers = trainer_->replica_buffers();
  save_checkpoint(stem, network_, trainer_->weights(), trainer_->sgd().velocity(), buffers,
                  state(epoch));
  log_.info(saved_message(model_path(stem)));
}

SessionResult Session::train() {
  SessionResult result;
  if (first_epoch_ >= options_.num_epochs) {
    log_.info(
        fmt::format("Nothing is left to train: the checkpoint is of epoch {}; give a larger "
                    "--num-epochs",
                    first_epoch_));
    return result;
  }
  result.images_per_epoch = static_cast<double>(epoch_size_);
  result.planned_bytes = trainer_->memory_bytes();
  for (int epoch = first_epoch_; epoch < options_.num_epochs; ++epoch) {
    const bool finished = train_epoch(epoch, result);
    trainer_->collect_buffers();
    if (!finished) {
      result.interrupted = true;
      save(interrupted_stem(options_.model_prefix), epoch);
      return result;
    }
    trainer_->share_buffers();
    const bool due = (epoch + 1) % options_.save_period == 0 || epoch + 1 == options_.num_epochs;
    if (due) save(checkpoint_stem(options_.model_prefix, epoch + 1), epoch + 1);
    if (val_data_ && !validate(epoch)) {
      result.interrupted = true;
      if (!due) save(interrupted_stem(options_.model_prefix), epoch + 1);
      return result;
    }
  }
  return result;
}

Stage<void, BatchHandle> Session::made_up_batches(Graph& graph) const {
  const BatchHandle batch = BatchPool(batches_).take();
  batch->filled = batch->rows;
  Random random(options_.seed);
  const std::size_t values = static_cast<std::size_t>(batch->row(1) - batch->row(0)) * batch->rows;
  for (std::size_t i = 0; i < values; ++i) {
    batch->images[i] = static_cast<float>(random.uniform(-1, 1));
  }
  for (int& label : batch->labels) {
    label = static_cast<int>(random.below(static_cast<std::uint64_t>(options_.num_classes)));
  }
  return graph.source("made-up", NodeSettings{},
                      [batch, left = epoch_size_ / batch->rows]() mutable {
                        return left-- > 0 ? std::optional(batch) : std::nullopt;
                      });
}

Stage<void, BatchHandle> Session::training_batches(Graph& graph, int epoch,
                                                   const SessionResult& result) {
  train_data_->seek(position_, static_cast<std::uint64_t>(epoch + 1) * epoch_size_);
  ImagePathOptions path = train_path(options_);
  path.bad_image_limit -= std::min(path.bad_image_limit, result.skipped);
  const auto read = graph.source("read", [this] { return labels_.read(*train_data_); });
  return read >> image_path(graph, path, batches_, images_);
}

bool Session::train_epoch(int epoch, SessionResult& result) {
  Graph graph("train_imagenet");
  const std::uint64_t begin_of_epoch = static_cast<std::uint64_t>(epoch) * epoch_size_;
  int batch = train_data_ && position_ > begin_of_epoch  // resumed inside the epoch
                  ? static_cast<int>((position_ - begin_of_epoch) /
                                     static_cast<std::uint64_t>(options_.batch_size))
                  : 0;
  const auto log =
      graph.sink("log", {.queue = 2}, [&](const Step& step) { step_done(epoch, batch++, step); });
  const auto batches =
      options_.benchmark ? made_up_batches(graph) : training_batches(graph, epoch, result);
  batches >> trainer_->train(graph) >> log;
  apply_settings(graph, options_, UnknownNodes::kRefuse);

  const double begin = clock_();
  const std::int64_t first_step = trainer_->next_step();
  result.last_epoch = graph.run();
  const double seconds = clock_() - begin;
  const auto steps = static_cast<std::uint64_t>(trainer_->next_step() - first_step);
  result.images += steps * static_cast<std::uint64_t>(options_.batch_size);
  result.seconds += seconds;
  result.skipped += skipped_images(result.last_epoch);
  if (trainer_->last_step()) position_ = trainer_->last_step()->next_position;
  log_.set_progress("");
  if (trainer_->stopped()) return false;
  if (const auto warning = labels_.unused_classes(options_)) log_.info(*warning);

  const StepResult total = std::exchange(epoch_total_, {});
  if (total.rows > 0) {  // none where a resumed run had only the end of the epoch left
    for (const Metric& metric : metrics(total, options_)) log_.info(train_message(epoch, metric));
  }
  log_.info(time_cost_message(epoch, seconds));
  return true;
}

void Session::step_done(int epoch, int batch, const Step& step) {
  const bool dropped = options_.lr_schedule == LrSchedule::kStep && step.lr < last_lr_;
  if (dropped) log_.info(rate_message(step.number + 1, step.lr));
  last_lr_ = step.lr;
  epoch_total_ += step.result;
  if (const auto line = speedometer_.batch_done(epoch, batch, step.result)) log_.info(*line);
  Progress progress;
  progress.epoch = epoch;
  progress.epochs = options_.num_epochs;
  progress.images = train_data_ ? static_cast<std::int64_t>(step.next_position) -
                                      epoch * static_cast<std::int64_t>(epoch_size_)
                                : (batch + std::int64_t{1}) * options_.batch_size;
  progress.images_per_epoch = static_cast<std::int64_t>(epoch_size_);
  progress.loss = mean_loss(step.result);
  progress.accuracy = accuracy(step.result);
  show_progress(progress);
}

void Session::show_progress(const Progress& progress) {
  if (!on_terminal_) return;
  if (const auto line = progress_line_.update(progress)) log_.set_progress(*line);
}

bool Session::validate(int epoch) {
  val_data_->seek(0);
  Graph graph("validation");
  StepResult total;
  Progress progress;
  progress.phase = "Validation";
  progress.epoch = epoch;
  progress.epochs = options_.num_epochs;
  progress.images_per_epoch = static_cast<std::int64_t>(val_data_->count());
  const auto read = graph.source("read", [this] { return (*val_data_)(); });
  const auto sum = graph.sink("log", {.queue = 2}, [&](const StepResult& result) {
    total += result;
    progress.images = static_cast<std::int64_t>(total.rows);
    progress.loss = mean_loss(total);
    progress.accuracy = accuracy(total);
    show_progress(progress);
    if (InterruptWatch::seen()) graph.cancel();
  });
  read >> image_path(graph, validation_path(options_), batches_, images_) >>
      trainer_->validate(graph) >> sum;
  apply_settings(graph, options_, UnknownNodes::kIgnore);
  graph.run();
  log_.set_progress("");
  if (graph.cancelled()) return false;
  for (const Metric& metric : metrics(total, options_)) {
    log_.info(validation_message(epoch, metric));
  }
  return true;
}

GraphSnapshot test_io(const TrainOptions& options, Log& log) {
  RecordReader reader(train_reader(options));
  log.info(reader.describe());
  if (options.num_examples) {
    const auto images = static_cast<std::uint64_t>(*options.num_examples);
    const auto batch = static_cast<std::uint64_t>(options.batch_size);
    reader.seek(0, (images + batch - 1) / batch * batch);
  }
  const BatchPool batches(static_cast<std::size_t>(options.batch_size), options.image_shape);
  const ImagePool images;
  ReadSpeedometer speedometer(options, seconds_now);
  Graph graph("test-io");
  int batch = 0;
  const auto read = graph.source("read", [&reader] { return reader(); });
  const auto count = graph.sink("count", {.queue = 2}, [&](const BatchHandle&) {
    if (const auto line = speedometer.batch_done(batch++)) log.info(*line);
    if (InterruptWatch::seen()) graph.cancel();
  });
  read >> image_path(graph, train_path(options), batches, images) >> count;
  apply_settings(graph, options, UnknownNodes::kRefuse);
  return graph.run();
}

}  // namespace forebay
