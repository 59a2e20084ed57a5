#include <train_imagenet/flag_values.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace forebay {
namespace {

// "1,2,3", or "1" for all three.
Reader<std::array<double, 3>> per_channel(std::string wants, std::function<bool(double)> accepts) {
  return {std::move(wants),
          [accepts](std::string_view text) -> std::optional<std::array<double, 3>> {
            auto parts = split_commas(text);
            if (parts.size() == 1) parts.resize(3, parts[0]);
            if (parts.size() != 3) return std::nullopt;
            std::array<double, 3> values{};
            for (std::size_t i = 0; i < 3; ++i) {
              const auto value = parse_number(parts[i]);
              if (!value || !accepts(*value)) return std::nullopt;
              values[i] = *value;
            }
            return values;
          }};
}

// "16" or "16:K80"; a file's path may have colons of its own.
std::optional<std::vector<DeviceName>> simulated_devices(std::string_view text) {
  const auto colon = text.find(':');
  const auto count = whole<int>(1, 1024).read(text.substr(0, colon));
  const std::string profile(colon == text.npos ? "K80" : text.substr(colon + 1));
  if (!count || profile.empty()) return std::nullopt;
  std::vector<DeviceName> devices;
  for (int i = 0; i < *count; ++i) devices.push_back({"sim", i, profile});
  return devices;
}

}  // namespace

Reader<std::vector<int>> rising_epochs() {
  return {"epochs that rise, e.g. 30,60", [](std::string_view text) {
            std::vector<int> epochs;
            const auto one = whole<int>(1).read;
            for (const auto& part : split_commas(text)) {
              const auto epoch = one(part);
              if (!epoch || (!epochs.empty() && *epoch <= epochs.back())) {
                return std::optional<std::vector<int>>();
              }
              epochs.push_back(*epoch);
            }
            return std::optional(epochs);
          }};
}

Reader<std::array<double, 3>> rgb_mean() {
  return per_channel("three numbers, e.g. 123.68,116.779,103.939", [](double) { return true; });
}

Reader<std::array<double, 3>> rgb_std() {
  return per_channel("three numbers above 0, e.g. 58.393,57.12,57.375",
                     [](double x) { return x > 0; });
}

Reader<ImageShape> image_shape() {
  return {"channels (1 or 3), height and width, e.g. 3,224,224",
          [](std::string_view text) -> std::optional<ImageShape> {
            std::vector<int> sizes;
            const auto size = whole<int>(1, 65535).read;
            for (const auto& part : split_commas(text)) sizes.push_back(size(part).value_or(0));
            if (sizes.size() != 3 || std::ranges::find(sizes, 0) != sizes.end() ||
                (sizes[0] != 1 && sizes[0] != 3)) {
              return std::nullopt;
            }
            return ImageShape{sizes[0], sizes[1], sizes[2]};
          }};
}

Reader<std::vector<DeviceName>> device_list() {
  return {
      "CPU replicas that differ, e.g. cpu:0,cpu:1, or cpu:auto, GPUs, e.g. cuda:0,cuda:1, or a "
      "number of simulated devices of one kind, e.g. sim:16:K80",
      [](std::string_view text) -> std::optional<std::vector<DeviceName>> {
        if (text.starts_with("sim:")) return simulated_devices(text.substr(4));
        if (text == "cpu:auto") return std::vector<DeviceName>{{"cpu", -1}};
        std::vector<DeviceName> devices;
        const auto number_of = whole<int>(0, 1023).read;
        for (const auto& part : split_commas(text)) {
          const std::string kind = part.starts_with("cuda:") ? "cuda" : "cpu";
          if (!part.starts_with(kind + ":")) return std::nullopt;
          const auto index = number_of(std::string_view(part).substr(kind.size() + 1));
          if (!index || (!devices.empty() && devices.front().kind != kind)) return std::nullopt;
          DeviceName device{kind, *index};
          if (std::ranges::find(devices, device) != devices.end()) return std::nullopt;
          devices.push_back(std::move(device));
        }
        if (devices.empty()) return std::nullopt;
        return devices;
      }};
}

std::string show(const std::string& value) { return fmt::format("'{}'", value); }
std::string show(double value) { return fmt::format("{}", value); }
std::string show(bool value) { return value ? "True" : "False"; }
std::string show(std::int64_t value) { return std::to_string(value); }
std::string show(int value) { return std::to_string(value); }
std::string show(std::uint64_t value) { return std::to_string(value); }

std::string show(const std::vector<int>& values) {
  return fmt::format("'{}'", fmt::join(values, ","));
}

std::string show(const std::array<double, 3>& values) {
  return fmt::format("'{}'", fmt::join(values, ","));
}

std::string show(const ImageShape& shape) {
  return fmt::format("'{},{},{}'", shape.channels, shape.height, shape.width);
}

std::string show(const std::vector<DeviceName>& devices) {
  if (simulated(devices)) {
    return fmt::format("'sim:{}:{}'", devices.size(), devices.front().profile);
  }
  if (found_at_start(devices)) return "'cpu:auto'";
  std::vector<std::string> names;
  for (const auto& device : devices)
    names.push_back(fmt::format("{}:{}", device.kind, device.index));
  return fmt::format("'{}'", fmt::join(names, ","));
}

std::string show(Augmentation value) {
  return value == Augmentation::kNone ? "'none'" : "'imagenet'";
}

std::string show(LrSchedule value) {
  switch (value) {
    case LrSchedule::kStep:
      return "'step'";
    case LrSchedule::kCosine:
      return "'cosine'";
    case LrSchedule::kPolynomial:
      return "'pow'";
  }
  return "";
}

std::string show(OnError value) { return value == OnError::kStop ? "'stop'" : "'skip'"; }

std::string show(Tune value) {
  switch (value) {
    case Tune::kOff:
      return "'off'";
    case Tune::kOnce:
      return "'once'";
    case Tune::kAlways:
      return "'always'";
  }
  return "";
}

std::string show(LogPrefix value) {
  switch (value) {
    case LogPrefix::kPlain:
      return "'plain'";
    case LogPrefix::kMxnet:
      return "'mxnet'";
    case LogPrefix::kNode:
      return "'node'";
  }
  return "";
}

}  // namespace forebay
