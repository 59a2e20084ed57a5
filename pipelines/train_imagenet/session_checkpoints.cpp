// How a session goes on from checkpoints, and saves them.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <train_imagenet/session.hpp>

namespace forebay {
namespace {

constexpr const char* kThreads = "threads";  // kept, but no reason to refuse a checkpoint

// Whether the momentum means something else: that of LARS has the trust ratios in it.
bool of_another_optimizer(const Settings& saved, const TrainOptions& options) {
  const auto then = saved.find("optimizer");
  const bool was_lars = then != saved.end() && then->second == "lars";
  return was_lars != (options.optimizer == "lars");
}

}  // namespace

void Session::remove_another_runs_checkpoints() {
  const std::vector<std::string> others = left_by_another_run(options_);
  if (others.empty()) return;
  for (const std::string& stem : others) remove_checkpoint(stem);
  log_.info("Removed checkpoints of another run: " + names_of(others));
}

std::string Session::starting_point() {
  if (options_.load_epoch) return checkpoint_stem(options_.model_prefix, *options_.load_epoch);
  if (!options_.resume) return "";
  const LatestCheckpoint latest = find_latest(options_.model_prefix);
  if (latest.stem.empty() && !latest.passed_over.empty()) {
    // Beginning anew would write over files of which something may still be saved.
    throw Error(fmt::format("cannot resume: {}; to begin anew, give --overwrite without --resume",
                            latest.passed_over.back()));
  }
  for (const std::string& why : latest.passed_over) log_.info(why);
  if (latest.stem.empty()) log_.info("No checkpoint to resume from; beginning with epoch 0");
  return latest.stem;
}

void Session::load() {
  const std::string stem = starting_point();
  if (stem.empty()) {
    trainer_->weights().initialise(options_.seed);
    trainer_->restore(std::nullopt);
    return;
  }
  if (options_.load_epoch && !has_state(stem)) {
    load_weights(stem);
  } else {
    load_all(stem);
  }
  log_.info(loaded_message(model_path(stem)));
  const double rate = schedule_->at(trainer_->next_step());
  if (options_.lr_schedule == LrSchedule::kStep && rate != options_.lr) {
    log_.info(resumed_rate_message(rate, first_epoch_));
  }
}

void Session::load_weights(const std::string& stem) {
  load_model(model_path(stem), network_, trainer_->weights());
  log_.info(fmt::format("There is no {}: going on from epoch {} with the weights alone",
                        state_path(stem), *options_.load_epoch));
  begin_epoch(*options_.load_epoch);
}

void Session::load_all(const std::string& stem) {
  const Checkpoint checkpoint = load_checkpoint(stem, network_, trainer_->weights());
  const Settings& saved = checkpoint.state.settings;
  const std::string changes =
      difference(saved, deciding_settings(options_, epoch_size_, data_text()));
  if (!changes.empty() && options_.resume) {
    throw Error(
        fmt::format("cannot resume from {}: it was saved with {}; give the same, or "
                    "--load-epoch N to go on from the end of an epoch with other settings",
                    model_path(stem), changes));
  }
  const bool another = of_another_optimizer(saved, options_);
  if (!another) std::ranges::copy(checkpoint.velocity, trainer_->sgd().velocity().begin());
  if (!changes.empty()) {
    log_.info(fmt::format("Going on with the weights{} alone: they were saved with {}",
                          another ? "" : " and the momentum", changes));
    begin_epoch(checkpoint.state.epoch);
    return;
  }
  warn_of_other_threads(saved);
  first_epoch_ = checkpoint.state.epoch;
  position_ = static_cast<std::uint64_t>(checkpoint.state.position);
  Step last;
  last.number = checkpoint.state.step - 1;
  last.next_position = position_;
  trainer_->restore(last, checkpoint.replica_buffers, checkpoint.state.loss_scaling);
}

// As if all epochs before had been of this run's size.
void Session::begin_epoch(int epoch) {
  first_epoch_ = epoch;
  position_ = static_cast<std::uint64_t>(epoch) * epoch_size_;
  Step last;
  last.number =
      static_cast<std::int64_t>(position_ / static_cast<std::uint64_t>(options_.batch_size)) - 1;
  last.next_position = position_;
  trainer_->restore(last);
}

// Another machine may well have other cores, so this is no reason to refuse.
void Session::warn_of_other_threads(const Settings& saved) {
  const auto then = saved.find(kThreads);
  if (then == saved.end() || then->second == std::to_string(threads_)) return;
  log_.info(
      fmt::format("Going on with {} threads per replica, there were {} before: rounding may differ "
                  "from an uninterrupted run's",
                  threads_, then->second));
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
  state.settings = deciding_settings(options_, epoch_size_, data_text());
  state.settings[kThreads] = std::to_string(threads_);
  state.loss_scaling = trainer_->loss_scaling();
  return state;
}

void Session::save(const std::string& stem, int epoch) {
  if (options_.model_prefix.empty()) return;
  const std::vector<std::span<const float>> buffers = trainer_->replica_buffers();
  save_checkpoint(stem, network_, trainer_->weights(), trainer_->sgd().velocity(), buffers,
                  state(epoch));
  log_.info(saved_message(model_path(stem)));
}

}  // namespace forebay
