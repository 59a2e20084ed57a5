// A running graph sends its timeline many times a second, so the numbers, nearly all of it, are
// written without a tree of JSON values in between.

#include <nlohmann/json.hpp>

#include <charconv>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/report.hpp>

namespace forebay {
namespace {

using Json = nlohmann::json;

// In the order in which they are written; times are relative to "since".
constexpr std::size_t kBodyNumbers = 4;   // node, item, begin, duration
constexpr std::size_t kDepthNumbers = 4;  // node, input, depth, time

class Numbers {
 public:
  Numbers(std::string& text, const char* name) : text_(text) {
    text_.append(",\"").append(name).append("\":[");
  }
  ~Numbers() {
    if (text_.back() == ',') text_.pop_back();
    text_ += ']';
  }
  Numbers(const Numbers&) = delete;  // closes its list once

  template <typename T>
  void add(T number) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    text_ += ',';
  }

 private:
  std::string& text_;
};

std::int64_t first_time(const Trace& trace) {
  if (!trace.bodies.empty()) return trace.bodies.front().begin;
  return trace.depths.empty() ? 0 : trace.depths.front().time;
}

const Json& numbers(const Json& json, const char* name, std::size_t each) {
  const Json& list = json.at(name);
  if (list.size() % each != 0) throw Error(std::string(name) + " has a number too few");
  return list;
}

template <typename T>
T bounded(const Json& number, std::size_t size) {
  const auto value = number.get<std::uint64_t>();
  if (value >= size) throw Error("a node or input that there is not");
  return static_cast<T>(value);
}

void read_bodies(const Json& json, std::int64_t since, Trace& trace) {
  const Json& list = numbers(json, "bodies", kBodyNumbers);
  for (std::size_t i = 0; i < list.size(); i += kBodyNumbers) {
    TracedBody body;
    body.node = bounded<std::uint32_t>(list[i], trace.nodes.size());
    body.item = list[i + 1].get<Sequence>();
    body.begin = since + list[i + 2].get<std::int64_t>();
    body.end = body.begin + list[i + 3].get<std::int64_t>();
    trace.bodies.push_back(body);
  }
}

void read_depths(const Json& json, std::int64_t since, Trace& trace) {
  const Json& list = numbers(json, "depths", kDepthNumbers);
  for (std::size_t i = 0; i < list.size(); i += kDepthNumbers) {
    TracedDepth depth;
    depth.node = bounded<std::uint32_t>(list[i], trace.nodes.size());
    depth.input = bounded<std::uint32_t>(list[i + 1], trace.nodes[depth.node].inputs.size());
    depth.depth = list[i + 2].get<std::size_t>();
    depth.time = since + list[i + 3].get<std::int64_t>();
    trace.depths.push_back(depth);
  }
}

}  // namespace

std::string to_json(const TraceReport& report) {
  const Trace& trace = report.trace;
  const std::int64_t since = first_time(trace);
  Json head{{"pid", report.process.pid}, {"program", report.process.program},
            {"run", report.run.number},  {"graph", trace.graph},
            {"dropped", trace.dropped},  {"since", since},
            {"nodes", Json::array()}};
  for (const TracedNode& node : trace.nodes) {
    head["nodes"].push_back({{"name", node.name}, {"inputs", node.inputs}});
  }
  std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();  // the brace; the lists go before it
  text.reserve(text.size() + 32 * (trace.bodies.size() + trace.depths.size()));
  {
    Numbers bodies(text, "bodies");
    for (const TracedBody& body : trace.bodies) {
      bodies.add(body.node), bodies.add(body.item);
      bodies.add(body.begin - since), bodies.add(body.end - body.begin);
    }
  }
  {
    Numbers depths(text, "depths");
    for (const TracedDepth& depth : trace.depths) {
      depths.add(depth.node), depths.add(depth.input);
      depths.add(depth.depth), depths.add(depth.time - since);
    }
  }
  return text + "}";
}

TraceReport trace_from_json(std::string_view text) {
  TraceReport report;
  try {
    const Json json = Json::parse(text);
    report.process.pid = json.at("pid").get<std::int64_t>();
    report.process.program = json.at("program").get<std::string>();
    report.run.number = json.at("run").get<std::uint64_t>();
    report.run.name = report.trace.graph = json.at("graph").get<std::string>();
    report.trace.dropped = json.at("dropped").get<std::uint64_t>();
    for (const Json& node : json.at("nodes")) {
      report.trace.nodes.push_back(
          {node.at("name").get<std::string>(), node.at("inputs").get<std::vector<std::string>>()});
    }
    const auto since = json.at("since").get<std::int64_t>();
    read_bodies(json, since, report.trace);
    read_depths(json, since, report.trace);
  } catch (const std::exception& error) {
    throw Error(std::string("this is no timeline of a graph: ") + error.what());
  }
  return report;
}

}  // namespace forebay
