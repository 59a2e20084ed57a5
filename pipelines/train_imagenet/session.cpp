#include <train_imagenet/session.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <common/clock.hpp>
#include <common/interrupt.hpp>
#include <common/terminal.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/random.hpp>
#include <train_imagenet/data.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/node_settings.hpp>

namespace forebay {
namespace {

/// The pool has the cores that the replicas' teams do not use, one at least.
GraphOptions graph_options(const Trainer& trainer, Log& log) {
  GraphOptions options = log_skipped(log);
  options.threads = std::max(1, usable_threads() - trainer.team_threads());
  return options;
}

/// What the nodes of a training graph run on and stand for. Of a team the graph's meters see the
/// leading thread alone, so the cores of the others are not the graph's.
Machine machine(const Trainer& trainer, std::size_t replicas, Log& log) {
  Machine machine;
  const auto teams = static_cast<std::size_t>(trainer.team_threads());
  const std::size_t followers = teams > replicas ? teams - replicas : 0;
  machine.cores = std::max(1.0, usable_cpus() - static_cast<double>(followers));
  machine.threads = static_cast<std::size_t>(graph_options(trainer, log).threads);
  const NodeRoles roles = node_roles(replicas);
  machine.devices = roles.devices;
  machine.all_reduce = roles.all_reduce;
  return machine;
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
  return {.sgd = sgd_options(options),
          .lr = [&schedule](std::int64_t step) { return schedule.at(step); },
          .stop = InterruptWatch::seen};
}

void fill_with_noise(Batch& batch, Random& random) {
  const std::size_t count = batch.rows * batch.row_values();
  if (batch.format.type == SampleType::kUint8) {
    std::generate_n(batch.row<std::uint8_t>(0), count,
                    [&random] { return static_cast<std::uint8_t>(random.below(256)); });
  } else {
    std::generate_n(batch.row(0), count,
                    [&random] { return static_cast<float>(random.uniform(-1, 1)); });
  }
}

std::unique_ptr<Trainer> make_trainer(const TrainOptions& options, const Network& network,
                                      const Schedule& schedule, Log& log) {
  tell_averaging(options, log);
  auto replicas =
      make_replicas(options, network, [&log](const std::string& line) { log.info(line); });
  auto mean = make_mean(options, replicas);
  return std::make_unique<Trainer>(network, std::move(replicas), rows_per_device(options),
                                   trainer_options(options, schedule), std::move(mean));
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
      batches_(static_cast<std::size_t>(options.batch_size), options.image_shape,
               sample_format(options), batch_memory(options)),
      images_(options.host_plan.kept_bytes),
      decode_helpers_(decode_helpers(options, log)),
      threads_(threads_per_replica(options)),
      clock_(seconds_now),
      speedometer_(options, clock_),
      progress_line_(clock_, terminal_width),
      on_terminal_(terminal_on_stderr()) {
  if (simulated(options.devices)) {
    result_.simulated = describe_simulated(options, network_);
    log_.info("Simulated: " + result_.simulated);
  }
  if (const std::string type = describe_precision(options); !type.empty()) {
    log_.info("Computing in " + type);
  }
  const auto batch = static_cast<std::uint64_t>(options.batch_size);
  if (!options.model_prefix.empty()) {
    check_writable(options.model_prefix);
    refuse_another_runs_checkpoints(options);
  }
  if (options.benchmark) {
    epoch_size_ = static_cast<std::uint64_t>(options.num_examples.value_or(kImageNetImages));
  } else {
    train_data_.emplace(train_reader(options));
    log_.info(train_data_->describe());
    cache_ = make_cache(options, *train_data_);
    epoch_size_ = options.num_examples ? static_cast<std::uint64_t>(*options.num_examples)
                                       : train_data_->count();
    if (!options.data_val.empty()) {
      val_data_.emplace(validation_reader(options));
      log_.info(val_data_->describe());
    }
    check_classes(options, train_data_->classes(),
                  val_data_ ? val_data_->classes() : std::vector<std::string>());
  }
  if (epoch_size_ < batch) {
    throw Error(
        fmt::format("--batch-size is {}, more than the {} images of an epoch; give {} or "
                    "less",
                    batch, epoch_size_, epoch_size_));
  }
  if (options.benchmark) epoch_size_ -= epoch_size_ % batch;  // nothing is left for the next epoch
  const std::size_t rows = rows_per_device(options);
  schedule_ = std::make_unique<Schedule>(schedule_options(options, epoch_size_));
  trainer_ = make_trainer(options, network_, *schedule_, log);
  result_.machine = machine(*trainer_, options.devices.size(), log);
  tuner_ = make_tuner(options, result_.machine, log);
  if (options.largest_batch) batch_advice_.emplace(result_.machine, log);
  check_graphs();
  load();
  remove_another_runs_checkpoints();
  NodeRoles roles = node_roles(options.devices.size());
  if (options.benchmark) roles.samples = result_.samples = "batches";
  live_.emplace(std::move(roles), device_facts(options, network_, *trainer_), rows,
                static_cast<std::int64_t>(epoch_size_), options.price_per_hour);
  live_->set(progress_at(first_epoch_, 0));
  cache_facts_ = publish_cache(cache_);
}

// A setting that a node refuses shall not end the run after its first epoch.
void Session::check_graphs() {
  Graph training("train_imagenet"), validation("validation");
  build_training(training, [](const Step&) {});
  if (val_data_) build_validation(validation, [](const StepResult&) {});
}

SessionResult Session::train() {
  result_.images_per_epoch = static_cast<double>(epoch_size_);
  result_.epochs = options_.num_epochs;
  result_.planned_bytes = trainer_->memory_bytes();
  // The validation that follows a checkpoint may have been cut short with the run.
  const bool ends_epoch = position_ <= static_cast<std::uint64_t>(first_epoch_) * epoch_size_;
  if (options_.resume && first_epoch_ > 0 && ends_epoch) {
    result_.interrupted = !validate(first_epoch_ - 1);
  }
  if (first_epoch_ >= options_.num_epochs && !result_.interrupted) {
    log_.info(
        fmt::format("Nothing is left to train: the checkpoint is of epoch {0}; to go on, give "
                    "--load-epoch {0} and a larger --num-epochs",
                    first_epoch_));
  }
  for (int epoch = first_epoch_; epoch < options_.num_epochs && !result_.interrupted; ++epoch) {
    train_and_validate(epoch);
  }
  if (batch_advice_ && result_.images > 0) batch_advice_->all_ended(result_.last_epoch);
  result_.tuning = tuning_text(tuner_.get());
  result_.cache = cache_text(cache_.get());
  return result_;
}

void Session::train_and_validate(int epoch) {
  const bool finished = train_epoch(epoch);
  trainer_->collect();
  if (!finished) {
    result_.interrupted = true;
    save(interrupted_stem(options_.model_prefix), epoch);
    return;
  }
  trainer_->share_buffers();
  const bool due = (epoch + 1) % options_.save_period == 0 || epoch + 1 == options_.num_epochs;
  if (due) save(checkpoint_stem(options_.model_prefix, epoch + 1), epoch + 1);
  if (validate(epoch)) return;
  result_.interrupted = true;
  if (!due) save(interrupted_stem(options_.model_prefix), epoch + 1);
}

Stage<void, BatchHandle> Session::made_up_batches(Graph& graph) const {
  const BatchHandle batch = BatchPool(batches_).take();
  batch->filled = batch->rows;
  Random random(options_.seed);
  fill_with_noise(*batch, random);
  for (int& label : batch->labels) {
    label = static_cast<int>(random.below(static_cast<std::uint64_t>(options_.num_classes)));
  }
  return graph.source("made-up", NodeSettings{},
                      [batch, left = epoch_size_ / batch->rows]() mutable {
                        return left-- > 0 ? std::optional(batch) : std::nullopt;
                      });
}

Stage<void, BatchHandle> Session::training_batches(Graph& graph) {
  ImagePathOptions path = train_path(options_);
  path.cache = cache_;
  path.decode_helpers = decode_helpers_;
  path.bad_image_limit -= std::min(path.bad_image_limit, result_.skipped);
  const auto read = graph.source("read", [this] { return labels_.read(*train_data_); });
  return read >> image_path(graph, path, batches_, images_);
}

void Session::build_training(Graph& graph, const std::function<void(const Step&)>& on_step) {
  const auto batches = options_.benchmark ? made_up_batches(graph) : training_batches(graph);
  const auto steps = batches >> trainer_->train(graph);
  steps >> graph.sink("log", {.queue = 2, .fixed = true}, on_step);
  apply_node_settings(graph, options_);
}

bool Session::train_epoch(int epoch) {
  const std::uint64_t begin_of_epoch = static_cast<std::uint64_t>(epoch) * epoch_size_;
  int batch = train_data_ && position_ > begin_of_epoch  // resumed inside the epoch
                  ? static_cast<int>((position_ - begin_of_epoch) /
                                     static_cast<std::uint64_t>(options_.batch_size))
                  : 0;
  if (train_data_) train_data_->seek(position_, begin_of_epoch + epoch_size_);
  Graph graph("train_imagenet", graph_options(*trainer_, log_));
  build_training(graph, [&](const Step& step) {
    step_done(epoch, batch++, step);
    judge_batch(graph);
  });
  live_->set(progress_at(epoch, batch * static_cast<std::uint64_t>(options_.batch_size)));
  const LiveFacts::Watch watch(*live_, graph);
  if (batch_advice_) batch_advice_->run_begins();

  const double begin = clock_();
  const std::int64_t first_step = trainer_->next_step();
  {
    const Tuning tuning(tuner_.get(), graph);
    result_.last_epoch = graph.run();
  }
  const double seconds = clock_() - begin;
  const auto steps = static_cast<std::uint64_t>(trainer_->next_step() - first_step);
  result_.images += steps * static_cast<std::uint64_t>(options_.batch_size);
  result_.seconds += seconds;
  result_.skipped += skipped_images(result_.last_epoch);
  if (trainer_->last_step()) position_ = trainer_->last_step()->next_position;
  log_.set_progress("");
  if (trainer_->stopped()) return false;
  if (const auto warning = labels_.unused_classes(options_)) log_.info(*warning);

  const StepResult total = std::exchange(epoch_total_, {});
  if (total.rows > 0) {  // none where a resumed run had only the end of the epoch left
    for (const Metric& metric : metrics(total, options_)) log_.info(train_message(epoch, metric));
  }
  log_.info(time_cost_message(epoch, seconds));
  if (!std::isfinite(mean_loss(total))) {
    log_.info("The loss is not a number any more; go back to a checkpoint and give a lower --lr");
  }
  return true;
}

void Session::step_done(int epoch, int batch, const Step& step) {
  const bool dropped = options_.lr_schedule == LrSchedule::kStep && step.lr < last_lr_;
  if (dropped) log_.info(rate_message(step.number + 1, step.lr));
  last_lr_ = step.lr;
  epoch_total_ += step.result;
  if (const auto line = speedometer_.batch_done(epoch, batch, step.result)) log_.info(*line);
  Progress progress = progress_at(
      epoch, train_data_ ? step.next_position - static_cast<std::uint64_t>(epoch) * epoch_size_
                         : (static_cast<std::uint64_t>(batch) + 1) *
                               static_cast<std::uint64_t>(options_.batch_size));
  progress.loss = mean_loss(step.result);
  progress.accuracy = accuracy(step.result);
  show_progress(progress);
}

// With the settings that the tuner leaves, if it is at work.
void Session::judge_batch(const Graph& graph) {
  if (!batch_advice_ || (tuner_ && !tuner_->report().settled)) return;
  batch_advice_->step_done(graph);
}

Progress Session::progress_at(int epoch, std::uint64_t images) const {
  Progress progress;
  progress.epoch = epoch;
  progress.epochs = options_.num_epochs;
  progress.images = static_cast<std::int64_t>(images);
  progress.images_per_epoch = static_cast<std::int64_t>(epoch_size_);
  return progress;
}

void Session::show_progress(const Progress& progress) {
  live_->set(progress);
  if (!on_terminal_) return;
  if (const auto line = progress_line_.update(progress)) log_.set_progress(*line);
}

void Session::build_validation(Graph& graph,
                               const std::function<void(const StepResult&)>& on_result) {
  const auto read = graph.source("read", [this] { return (*val_data_)(); });
  ImagePathOptions path = validation_path(options_);
  path.decode_helpers = decode_helpers_;
  const auto batches = read >> image_path(graph, path, batches_, images_);
  const auto results = batches >> trainer_->validate(graph);
  results >> graph.sink("log", {.queue = 2, .fixed = true}, on_result);
  apply_node_settings(graph, options_);
  if (tuner_) tuner_->apply(graph);
}

bool Session::validate(int epoch) {
  if (!val_data_) return true;
  val_data_->seek(0);
  Graph graph("validation", graph_options(*trainer_, log_));
  StepResult total;
  Progress progress = progress_at(epoch, 0);
  progress.phase = "Validation";
  progress.images_per_epoch = static_cast<std::int64_t>(val_data_->count());
  build_validation(graph, [&](const StepResult& result) {
    total += result;
    progress.images = static_cast<std::int64_t>(total.rows);
    progress.loss = mean_loss(total);
    progress.accuracy = accuracy(total);
    show_progress(progress);
    if (InterruptWatch::seen()) graph.cancel();
  });
  live_->set(progress);
  const LiveFacts::Watch watch(*live_, graph);
  result_.skipped_in_validation = skipped_images(graph.run());
  log_.set_progress("");
  if (graph.cancelled()) return false;
  for (const Metric& metric : metrics(total, options_)) {
    log_.info(validation_message(epoch, metric));
  }
  return true;
}

}  // namespace forebay
