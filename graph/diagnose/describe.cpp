#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include <forebay/graph/diagnose/diagnose.hpp>

namespace forebay {
namespace {

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
  return text;
}

// "1,590": three digits that count, as more would promise too much.
std::string about(double number) {
  if (number <= 0) return "0";
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(number)) - 2));
  char text[32];
  std::snprintf(text, sizeof text, number < 100 ? "%.1f" : "%.0f",
                number < 100 ? number : std::round(number / unit) * unit);
  std::string result;
  const std::string digits = text;
  const std::size_t whole = std::min(digits.find('.'), digits.size());
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string rate(double per_second, const std::string& unit) {
  return about(per_second) + " " + unit + "/s";
}

std::string busy(const Evidence& evidence) {
  if (evidence.busy < 0.95) return percent(evidence.busy) + " busy";
  if (evidence.workers == 1) return "busy all the time";
  return "all " + std::to_string(evidence.workers) + " workers busy";
}

// What the queues around a limit show.
std::string around(const Evidence& evidence) {
  std::string text;
  if (evidence.waiting >= 0.5)
    text += ", " + std::to_string(std::lround(evidence.waiting)) + " waiting";
  if (evidence.after_starved >= 0.5) {
    text += evidence.after_starved >= 0.95
                ? ", the nodes after it idle"
                : ", the nodes after it idle " + percent(evidence.after_starved) + " of the time";
  }
  return text;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  const std::string result = text;
  return result.ends_with(".0") ? result.substr(0, result.size() - 2) : result;
}

// A node, with those that share its work.
std::string crew(const Bound& bound, const Evidence& evidence) {
  if (evidence.helpers.empty()) return bound.node + " limits the run: ";
  return bound.node + ", with the help of " + evidence.helpers + ", limits the run: ";
}

std::string limit_text(const Bound& bound, const Evidence& evidence) {
  switch (bound.limit) {
    case Limit::kUnknown:
      break;
    case Limit::kConcurrency:
      return crew(bound, evidence) + busy(evidence) + around(evidence) + ".";
    case Limit::kSerial:
      return crew(bound, evidence) + busy(evidence) + around(evidence) +
             "; it cannot have more workers.";
    case Limit::kReading:
      return "reading limits the run: " + bound.node + " is " + busy(evidence) + around(evidence) +
             ".";
    case Limit::kCores:
      return "the cores limit the run: " + short_number(evidence.cores_used) + " of " +
             short_number(evidence.cores) + " busy, " + percent(evidence.most_share) +
             " of that in " + evidence.most_cores + ".";
    case Limit::kDevice:
      return "the devices limit the run: " + bound.node + " is " + percent(evidence.busy) +
             " busy.";
    case Limit::kLockStep:
      return "the lock step limits the run: " + bound.node + " is " + percent(evidence.busy) +
             " busy; the rest of a step it waits for the other devices and for what ends the step.";
    case Limit::kAllReduce:
      return "all-reduce limits the run: " + bound.node + " is " + percent(evidence.busy) +
             " busy, and devices wait for it.";
    case Limit::kQueue:
      return bound.node + ".queue limits the run: its " + std::to_string(evidence.places) +
             " places wait for slow items, and the nodes before it are blocked " +
             percent(evidence.before_blocked) + " of the time.";
    case Limit::kMemory:
      return bound.node + ".queue_bytes limits the run: the nodes before it are blocked " +
             percent(evidence.before_blocked) + " of the time.";
  }
  return "too little has been seen yet to say what limits the run.";
}

// A limit as the object of "then ... is next".
std::string next_text(const Bound& bound) {
  switch (bound.limit) {
    case Limit::kUnknown:
      return "something else";
    case Limit::kDevice:
    case Limit::kLockStep:
    case Limit::kAllReduce:
      return describe(bound) + " (" + bound.node + ")";
    default:
      return describe(bound);
  }
}

std::string change_text(const SettingChange& change) {
  return change.path() + " " + std::to_string(change.from) + " → " + std::to_string(change.to);
}

std::string list(const std::vector<SettingChange>& changes) {
  std::string text;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (i > 0) text += i + 1 == changes.size() ? " and " : ", ";
    text += change_text(changes[i]);
  }
  return text;
}

std::string gain_text(const Verdict& verdict, const std::string& unit) {
  const bool other = verdict.next.limit != Limit::kUnknown && verdict.next != verdict.bound;
  if (!verdict.changes.empty()) {
    const bool one = verdict.changes.size() == 1;
    return list(verdict.changes) + (one ? " gives about " : " give about ") +
           rate(verdict.predicted, unit) +
           (other ? "; then " + next_text(verdict.next) + " is next." : ".");
  }
  std::string text = verdict.balanced ? "No setting gains much" : "No setting helps";
  text += "; with that " + short_number(kTimesFaster) + " times as fast it would be about ";
  text += rate(verdict.next_samples_per_second, unit);
  return text + (other ? ", and then " + next_text(verdict.next) + " the limit." : ".");
}

}  // namespace

std::string describe(const Bound& bound) {
  switch (bound.limit) {
    case Limit::kUnknown:
      return "too little seen";
    case Limit::kCores:
      return "the cores";
    case Limit::kReading:
      return "reading (" + bound.node + ")";
    case Limit::kDevice:
      return "the devices";
    case Limit::kLockStep:
      return "the devices' lock step";
    case Limit::kAllReduce:
      return "all-reduce";
    case Limit::kQueue:
      return bound.node + ".queue";
    case Limit::kMemory:
      return bound.node + ".queue_bytes";
    case Limit::kConcurrency:
    case Limit::kSerial:
      break;
  }
  return bound.node;
}

std::string describe(const Verdict& verdict, const std::string& unit) {
  std::string text = limit_text(verdict.bound, verdict.evidence) + "\n";
  if (verdict.bound.limit == Limit::kUnknown) return text;
  text += gain_text(verdict, unit) + "\n";
  if (verdict.straggler) {
    const Straggler& slow = *verdict.straggler;
    text += slow.node + " takes " + percent(slow.slower) +
            " longer than the other devices; as fast as they are, it would be " +
            rate(slow.samples_per_second, unit) + ".\n";
  }
  if (verdict.larger_batch) {
    if (*verdict.larger_batch < 0.02) {
      text += "A larger batch will not help.\n";
    } else {
      text += "A batch twice as large gains ";
      text += percent(*verdict.larger_batch) + " at most.\n";
    }
  }
  if (!verdict.spare.empty()) {
    text += "More workers than needed: ";
    text += list(verdict.spare) + " would be as fast.\n";
  }
  return text;
}

}  // namespace forebay
