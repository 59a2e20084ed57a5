#include <forebay/graph/settings.hpp>

#include <charconv>
#include <string>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

std::string path(std::string_view node, std::string_view name) {
  return std::string(node) + "." + std::string(name);
}

std::uint64_t parse_count(std::string_view node, std::string_view name, std::string_view text) {
  const auto value = parse_size(text);
  if (value) return *value;
  throw Error(path(node, name) + " is '" + std::string(text) +
              "'; give a whole number, with K, M or G for powers of 1024");
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  const int shift = suffix == "K" ? 10 : suffix == "M" ? 20 : suffix == "G" ? 30 : 0;
  if (status != std::errc{} || (shift == 0 && !suffix.empty()) || value > (UINT64_MAX >> shift)) {
    return std::nullopt;
  }
  return value << shift;
}

void validate(std::string_view node, const NodeSettings& settings) {
  const auto check = [&](std::string_view name, std::size_t value, std::size_t most) {
    if (value >= 1 && value <= most) return;
    throw Error(path(node, name) + " is " + std::to_string(value) + "; give " +
                (value == 0 ? "1 or more" : std::to_string(most) + " or less"));
  };
  check("concurrency", settings.concurrency, NodeSettings::kMostConcurrency);
  check("queue", settings.queue, NodeSettings::kMostPlaces);
}

void set_by_name(std::string_view node, NodeSettings& settings, std::string_view name,
                 std::string_view value) {
  NodeSettings changed = settings;
  const auto choose = [&](auto& field, std::string_view first, auto first_value,
                          std::string_view second, auto second_value) {
    if (value != first && value != second) {
      throw Error(path(node, name) + " is '" + std::string(value) + "'; give " +
                  std::string(first) + " or " + std::string(second));
    }
    field = value == first ? first_value : second_value;
  };
  if (name == "concurrency") {
    changed.concurrency = parse_count(node, name, value);
  } else if (name == "queue") {
    changed.queue = parse_count(node, name, value);
  } else if (name == "queue_bytes") {
    changed.queue_bytes = parse_count(node, name, value);
  } else if (name == "skip_limit") {
    changed.skip_limit = parse_count(node, name, value);
  } else if (name == "on_error") {
    choose(changed.on_error, "stop", OnError::kStop, "skip", OnError::kSkip);
  } else if (name == "order") {
    choose(changed.order, "any", Order::kAny, "in_order", Order::kInOrder);
  } else if (name == "run_on") {
    choose(changed.run_on, "pool", RunOn::kPool, "own_threads", RunOn::kOwnThreads);
  } else {
    throw Error(std::string(node) + " has no setting '" + std::string(name) +
                "'; it has concurrency, queue, queue_bytes, on_error, skip_limit, order, run_on");
  }
  validate(node, changed);
  settings = changed;
}

}  // namespace forebay
