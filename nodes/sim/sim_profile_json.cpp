// Profiles as JSON: reading, writing, and those that are built in.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/sim/built_in_profiles.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>

namespace forebay {
namespace {

using Json = nlohmann::ordered_json;

// One object of the file; says where it is in every error.
class Entries {
 public:
  Entries(const Json& json, std::string where, std::string path)
      : json_(json), where_(std::move(where)), path_(std::move(path)) {
    if (!json.is_object()) {
      refuse(path_, fmt::format("is of type {}, not an object in {{}}", json.type_name()));
    }
  }

  // A misspelt name would otherwise go unnoticed.
  void only(std::initializer_list<std::string_view> names) const {
    for (const auto& [name, value] : json_.items()) {
      if (std::ranges::find(names, name) != names.end()) continue;
      refuse(at(name), fmt::format("is not known; there are {}", fmt::join(names, ", ")));
    }
  }

  const Json& get(const std::string& name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) refuse(at(name), "is missing");
    return *found;
  }
  Entries object(const std::string& name) const { return {get(name), where_, at(name)}; }

  std::string text(const std::string& name) const {
    const Json& value = get(name);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      refuse(at(name), fmt::format("is {}; give a text", value.dump()));
    }
    return value;
  }

  double number(const std::string& name, double at_least) const {
    const Json& value = get(name);
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= at_least) || std::isinf(number)) refuse_number(name, at_least);
    return number;
  }
  double above_zero(const std::string& name) const {
    const double value = number(name, 0);
    if (value == 0) refuse(at(name), "is 0; give a number above 0");
    return value;
  }

  template <typename Each>
  void list(const std::string& name, const Each& each) const {
    const Json& value = get(name);
    if (!value.is_array() || value.empty()) {
      refuse(at(name), "is no list in []; give one with an entry or more");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      each(value[i], fmt::format("{}[{}]", at(name), i));
    }
  }

  [[noreturn]] void refuse(const std::string& path, const std::string& what) const {
    throw Error(
        fmt::format("device profile {}: {}{}{}", where_, path, path.empty() ? "it " : " ", what));
  }

  const std::string& where() const { return where_; }
  std::string at(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }

 private:
  [[noreturn]] void refuse_number(const std::string& name, double at_least) const {
    refuse(at(name), fmt::format("is {}; give a number, {} or more", get(name).dump(), at_least));
  }

  const Json& json_;
  std::string where_, path_;
};

constexpr double kMostRows = 1e9;

std::vector<SimPoint> parse_points(const Entries& file) {
  std::vector<SimPoint> points;
  file.list("points", [&](const Json& json, const std::string& path) {
    const Entries entry(json, file.where(), path);
    entry.only({"rows", "images_per_second"});
    const double rows = entry.number("rows", 1);
    if (rows > kMostRows || rows != std::floor(rows)) {
      entry.refuse(entry.at("rows"), fmt::format("is {}; give a whole number", rows));
    }
    const SimPoint point{static_cast<std::size_t>(rows),
                         rows / entry.above_zero("images_per_second")};
    if (!points.empty() && point.rows <= points.back().rows) {
      entry.refuse(entry.at("rows"), fmt::format("is {} after {}; give points in rising order",
                                                 point.rows, points.back().rows));
    }
    points.push_back(point);
  });
  return points;
}

SimNetwork parse_network(const Entries& entry) {
  entry.only({"name", "flops", "parameters", "activations"});
  return {entry.text("name"), entry.above_zero("flops"), entry.above_zero("parameters"),
          entry.above_zero("activations")};
}

std::size_t line_of(std::string_view text, std::size_t byte) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, byte), '\n'));
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (file.peek(); !file) {
    throw Error(fmt::format("device profile {}: cannot read it; give a file, or one of {}", path,
                            fmt::join(sim_profile_names(), ", ")));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

SimProfile parse_sim_profile(std::string_view text, const std::string& where) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error(
        fmt::format("device profile {}, line {}: it is not JSON; see "
                    "docs/simulated-devices.md for an example",
                    where, line_of(text, error.byte)));
  }
  const Entries file(json, where, "");
  file.only({"name", "source", "network", "points", "memory", "link_bytes_per_second"});
  SimProfile profile;
  profile.name = file.text("name");
  file.list("source", [&](const Json& line, const std::string& path) {
    if (!line.is_string()) file.refuse(path, fmt::format("is {}; give a text", line.dump()));
    profile.source.push_back(line);
  });
  profile.network = parse_network(file.object("network"));
  profile.points = parse_points(file);
  const Entries memory = file.object("memory");
  memory.only({"device_bytes", "fixed_bytes", "row_bytes"});
  profile.device_bytes = memory.above_zero("device_bytes");
  profile.fixed_bytes = memory.number("fixed_bytes", 0);
  profile.row_bytes = memory.above_zero("row_bytes");
  profile.link_speed = file.number("link_bytes_per_second", 0);
  return profile;
}

std::string to_json(const SimProfile& profile) {
  Json points = Json::array();
  for (const SimPoint& point : profile.points) {
    points.push_back({{"rows", point.rows},
                      {"images_per_second", static_cast<double>(point.rows) / point.seconds}});
  }
  const Json json = {{"name", profile.name},
                     {"source", profile.source},
                     {"network",
                      {{"name", profile.network.name},
                       {"flops", profile.network.flops},
                       {"parameters", profile.network.parameters},
                       {"activations", profile.network.activations}}},
                     {"points", points},
                     {"memory",
                      {{"device_bytes", profile.device_bytes},
                       {"fixed_bytes", profile.fixed_bytes},
                       {"row_bytes", profile.row_bytes}}},
                     {"link_bytes_per_second", profile.link_speed}};
  return json.dump(2) + "\n";
}

const std::vector<std::string>& sim_profile_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const BuiltInProfile& profile : built_in_profiles()) all.emplace_back(profile.name);
    return all;
  }();
  return names;
}

SimProfile find_sim_profile(const std::string& name_or_path) {
  for (const BuiltInProfile& profile : built_in_profiles()) {
    if (profile.name == name_or_path) return parse_sim_profile(profile.json, name_or_path);
  }
  return parse_sim_profile(read_text(name_or_path), name_or_path);
}

}  // namespace forebay
