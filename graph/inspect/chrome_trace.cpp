#include <forebay/graph/inspect/chrome_trace.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <ostream>
#include <string>
#include <utility>

namespace forebay {
namespace {

using Json = nlohmann::json;

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Chrome counts in microseconds.
std::string microseconds(std::int64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(nanoseconds / 1000),
                static_cast<long long>(nanoseconds % 1000));
  return text;
}

// One node of all graphs of the process that have it, with what its bodies did.
struct Lanes {
  struct Body {
    TracedBody body;
    std::size_t worker = 0;
    const std::string* graph = nullptr;
  };
  std::vector<Body> bodies;
  std::size_t workers = 0;
};

// Gives each body the first worker that is free when it begins.
void give_workers(Lanes& lanes) {
  std::ranges::sort(lanes.bodies, {}, [](const Lanes::Body& each) {
    return std::pair(each.body.begin, each.body.end);
  });
  std::vector<std::int64_t> free_at;
  for (Lanes::Body& each : lanes.bodies) {
    const auto free =
        std::ranges::find_if(free_at, [&](std::int64_t end) { return end <= each.body.begin; });
    each.worker = static_cast<std::size_t>(free - free_at.begin());
    if (free == free_at.end()) free_at.push_back(0);
    free_at[each.worker] = each.body.end;
  }
  lanes.workers = free_at.size();
}

std::int64_t first_time(const std::vector<TraceReport>& pieces) {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const TraceReport& piece : pieces) {
    for (const TracedBody& body : piece.trace.bodies) first = std::min(first, body.begin);
    for (const TracedDepth& depth : piece.trace.depths) first = std::min(first, depth.time);
  }
  return first;
}

class Writer {
 public:
  Writer(const std::vector<TraceReport>& pieces, std::ostream& out)
      : pieces_(pieces), out_(out), since_(first_time(pieces)) {
    if (!pieces.empty()) pid_ = pieces.front().process.pid;
  }

  void write() {
    out_ << R"({"displayTimeUnit":"ms","traceEvents":[)";
    for (const TraceReport& piece : pieces_) collect(piece);
    if (!pieces_.empty()) name_process(pieces_.front().process);
    std::int64_t first_lane = pid_ + 1;  // a lane of the process's number would be its main thread
    for (const std::string& name : order_) {
      Lanes& lanes = lanes_[name];
      give_workers(lanes);
      write_lanes(name, lanes, first_lane);
      first_lane += static_cast<std::int64_t>(lanes.workers);
    }
    for (const TraceReport& piece : pieces_) write_depths(piece.trace);
    out_ << "\n]}\n";
  }

 private:
  void collect(const TraceReport& piece) {
    for (const TracedNode& node : piece.trace.nodes) {
      if (lanes_.try_emplace(node.name).second) order_.push_back(node.name);
    }
    for (const TracedBody& body : piece.trace.bodies) {
      lanes_[piece.trace.nodes[body.node].name].bodies.push_back({body, 0, &piece.trace.graph});
    }
  }

  // `rest` is members of the event, without braces.
  void event(const std::string& rest) {
    out_ << (first_ ? "\n" : ",\n") << "{\"pid\":" << pid_ << ',' << rest << '}';
    first_ = false;
  }

  void metadata(const char* name, std::int64_t lane, const std::string& value) {
    event("\"ph\":\"M\",\"tid\":" + std::to_string(lane) + ",\"name\":\"" + name + "\",\"args\":{" +
          value + "}");
  }

  void name_process(const ProcessFacts& process) {
    metadata("process_name", pid_, "\"name\":" + json_text(process.program));
  }

  void write_lanes(const std::string& name, const Lanes& lanes, std::int64_t first_lane) {
    for (std::size_t i = 0; i < lanes.workers; ++i) {
      const std::int64_t lane = first_lane + static_cast<std::int64_t>(i);
      const std::string worker = lanes.workers > 1 ? ", worker " + std::to_string(i + 1) : "";
      metadata("thread_name", lane, "\"name\":" + json_text(name + worker));
      metadata("thread_sort_index", lane, "\"sort_index\":" + std::to_string(lane - pid_));
    }
    for (const Lanes::Body& each : lanes.bodies) {
      const std::int64_t lane = first_lane + static_cast<std::int64_t>(each.worker);
      event("\"ph\":\"X\",\"tid\":" + std::to_string(lane) + ",\"name\":" + json_text(name) +
            ",\"cat\":" + json_text(*each.graph) +
            ",\"ts\":" + microseconds(each.body.begin - since_) +
            ",\"dur\":" + microseconds(each.body.end - each.body.begin) +
            ",\"args\":{\"item\":" + std::to_string(each.body.item) + "}");
    }
  }

  // A counter keeps its value until the next one.
  void write_depths(const Trace& trace) {
    for (const TracedDepth& depth : trace.depths) {
      const TracedNode& node = trace.nodes[depth.node];
      std::string name = node.name + " queue";
      if (node.inputs.size() > 1) name += " from " + node.inputs[depth.input];
      const auto [last, is_new] = last_depths_.try_emplace(name, depth.depth);
      if (!is_new && std::exchange(last->second, depth.depth) == depth.depth) continue;
      event("\"ph\":\"C\",\"name\":" + json_text(name) +
            ",\"ts\":" + microseconds(depth.time - since_) +
            ",\"args\":{\"items\":" + std::to_string(depth.depth) + "}");
    }
  }

  const std::vector<TraceReport>& pieces_;
  std::ostream& out_;
  const std::int64_t since_;
  std::int64_t pid_ = 0;
  bool first_ = true;
  std::vector<std::string> order_;  // of the nodes
  std::map<std::string, Lanes> lanes_;
  std::map<std::string, std::size_t> last_depths_;
};

}  // namespace

void write_chrome_trace(const std::vector<TraceReport>& pieces, std::ostream& out) {
  Writer(pieces, out).write();
}

}  // namespace forebay
