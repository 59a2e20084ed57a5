#pragma once

// What a training takes: time and, at a price, money. Reports, forebay top and forebay cost say it
// with the same words.

#include <optional>
#include <string>

namespace forebay {

/// A training by its speed and size.
struct TrainingPace {
  double images_per_second = 0;  // more than 0
  double images_per_epoch = 0;
  double epochs = 0;  // of the whole training; 0 where that is not known
};

double epoch_seconds(const TrainingPace& pace);

/// "4.5 s", "3 min 20 s", "1 h 02 min".
std::string time_text(double seconds);

/// "$0.0042", "$14.40", "$720", "$12,345": cents below a hundred dollars, at least two digits that
/// say something below one.
std::string money_text(double dollars);

/// "712.0 images/s; 30 min 00 s per epoch, 45 h 00 min for 90 epochs, 50 h 00 min for 100", where
/// there is a price with the money in brackets after each: dollars for an hour of the machines.
std::string time_and_cost(const TrainingPace& pace, std::optional<double> price_per_hour);

}  // namespace forebay
