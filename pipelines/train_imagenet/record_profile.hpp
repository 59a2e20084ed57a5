#pragma once

// --record-profile: the devices of a training as a profile for simulated ones.

#include <string>

#include <train_imagenet/options.hpp>
#include <train_imagenet/session.hpp>

namespace forebay {

/// Before the training: throws `Error` where --record-profile is a file that is no profile, or one
/// of another network.
void check_record(const TrainOptions& options);

/// Writes what the last epoch of the training showed to --record-profile: a profile with one point,
/// or a point more, or a newer one, in that which is there. Memory and name are this run's. Returns
/// what to log. Throws `Error`.
std::string record_profile(const TrainOptions& options, const SessionResult& result);

}  // namespace forebay
