#include <forebay/graph/inspect/metrics.hpp>

#include <unistd.h>

#include <charconv>
#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include <forebay/graph/inspect/text.hpp>

namespace forebay::detail {
namespace {

using Label = std::pair<const char*, std::string>;
using Labels = std::vector<Label>;

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

std::string text_of(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
std::string text_of(std::uint64_t value) { return std::to_string(value); }
std::string text_of(int value) { return std::to_string(value); }

// The text, written one family after another.
class Text {
 public:
  void family(const std::string& name, const char* type, const char* help) {
    name_ = name;
    out_ += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  template <typename Value>
  void sample(const Labels& labels, Value value, const char* suffix = "") {
    out_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [name, text] : labels) {
      out_ += std::exchange(before, ',');
      out_.append(name).append("=").append(quoted(text));
    }
    out_.append(labels.empty() ? " " : "} ").append(text_of(value)).append("\n");
  }
  std::string take() { return std::move(out_); }

 private:
  std::string name_, out_;
};

using Totals = std::vector<GraphTotals>;

Labels of_node(const GraphTotals& graph, const NodeSnapshot& node) {
  return {{"graph", graph.name}, {"node", node.name}};
}

template <typename Value>
void node_counter(Text& text, const Totals& graphs, const char* name, const char* help,
                  Value value) {
  text.family(name, "counter", help);
  for (const GraphTotals& graph : graphs) {
    for (const NodeSnapshot& node : graph.sum.nodes) {
      text.sample(of_node(graph, node), std::invoke(value, node));
    }
  }
}

template <typename Value>
void node_gauge(Text& text, const Totals& graphs, const char* name, const char* help, Value value) {
  text.family(name, "gauge", help);
  for (const GraphTotals& graph : graphs) {
    if (!graph.now) continue;
    for (const NodeSnapshot& node : graph.now->nodes) {
      text.sample(of_node(graph, node), std::invoke(value, node));
    }
  }
}

// Calls `use(labels, queue)` for all queues of `snapshot`.
template <typename Use>
void each_queue(const GraphTotals& graph, const GraphSnapshot& snapshot, const Use& use) {
  for (const NodeSnapshot& node : snapshot.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      Labels labels = of_node(graph, node);
      labels.push_back({"input", std::to_string(i)});
      labels.push_back({"from", node.inputs[i].from});
      use(labels, node.inputs[i]);
    }
  }
}

template <typename Value>
void queue_gauge(Text& text, const Totals& graphs, const char* name, const char* help,
                 Value value) {
  text.family(name, "gauge", help);
  for (const GraphTotals& graph : graphs) {
    if (!graph.now) continue;
    each_queue(graph, *graph.now, [&](const Labels& labels, const QueueSnapshot& queue) {
      text.sample(labels, std::invoke(value, queue));
    });
  }
}

void graph_families(Text& text, const Totals& graphs) {
  text.family("forebay_graph_runs_total", "counter", "Runs of graphs of this name that began.");
  for (const auto& graph : graphs) text.sample({{"graph", graph.name}}, graph.runs);
  text.family("forebay_graph_run_seconds_total", "counter", "How long they took.");
  for (const auto& graph : graphs) text.sample({{"graph", graph.name}}, seconds(graph.sum.elapsed));
  text.family("forebay_graph_running", "gauge", "Graphs of this name that run now.");
  for (const auto& graph : graphs)
    text.sample({{"graph", graph.name}}, std::uint64_t{graph.running});
}

void node_families(Text& text, const Totals& graphs) {
  using Node = NodeSnapshot;
  node_counter(text, graphs, "forebay_node_items_in_total", "Items that the node took.",
               &Node::items_in);
  node_counter(text, graphs, "forebay_node_items_out_total", "Items that the node sent.",
               &Node::items_out);
  node_counter(text, graphs, "forebay_node_errors_total", "Bodies that threw.", &Node::errors);
  node_counter(text, graphs, "forebay_node_skipped_total", "Items dropped after an error.",
               &Node::skipped);
  node_counter(text, graphs, "forebay_node_cpu_seconds_total",
               "Processor time of bodies, estimated from samples.",
               [](const Node& node) { return seconds(node.cpu); });
  node_counter(text, graphs, "forebay_node_limited_seconds_total",
               "Time in which items waited and every worker was busy.",
               [](const Node& node) { return seconds(node.limited); });
  const std::pair<const char*, std::int64_t Node::*> states[] = {{"busy", &Node::busy},
                                                                 {"ready", &Node::ready},
                                                                 {"starved", &Node::starved},
                                                                 {"blocked", &Node::blocked}};
  text.family("forebay_node_worker_seconds_total", "counter",
              "Time of the node's workers, added up: busy in the body, ready and waiting for a "
              "core, starved of input, blocked by a full output.");
  for (const GraphTotals& graph : graphs) {
    for (const Node& node : graph.sum.nodes) {
      for (const auto& [state, time] : states) {
        Labels labels = of_node(graph, node);
        labels.push_back({"state", state});
        text.sample(labels, seconds(node.*time));
      }
    }
  }
  node_gauge(text, graphs, "forebay_node_concurrency", "Items that may be worked on at once.",
             [](const Node& node) { return std::uint64_t{node.concurrency}; });
  node_gauge(text, graphs, "forebay_node_active", "Items worked on now.",
             [](const Node& node) { return std::uint64_t{node.active}; });
}

// Powers of two of nanoseconds, at which buckets of `Histogram` end, so that the counts are exact:
// about 1 microsecond to 69 seconds.
void service_times(Text& text, const GraphTotals& graph, const NodeSnapshot& node) {
  constexpr int kFirst = 10, kLast = 36;
  std::vector<std::uint64_t> below(kLast + 1);
  std::uint64_t count = 0;
  double sum = 0;
  node.service.each([&](std::int64_t nanoseconds, std::uint64_t number) {
    count += number;
    sum += seconds(nanoseconds) * static_cast<double>(number);
    for (int k = kFirst; k <= kLast; ++k) {
      if (nanoseconds < (std::int64_t{1} << k)) below[static_cast<std::size_t>(k)] += number;
    }
  });
  Labels labels = of_node(graph, node);
  labels.push_back({"le", ""});
  for (int k = kFirst; k <= kLast; ++k) {
    labels.back().second = text_of(seconds(std::int64_t{1} << k));
    text.sample(labels, below[static_cast<std::size_t>(k)], "_bucket");
  }
  labels.back().second = "+Inf";
  text.sample(labels, count, "_bucket");
  text.sample(of_node(graph, node), sum, "_sum");
  text.sample(of_node(graph, node), count, "_count");
}

void service_family(Text& text, const Totals& graphs) {
  text.family("forebay_node_service_seconds", "histogram",
              "Time that one item takes in the body. The sum is within 1/32.");
  for (const GraphTotals& graph : graphs) {
    for (const NodeSnapshot& node : graph.sum.nodes) service_times(text, graph, node);
  }
}

void queue_families(Text& text, const Totals& graphs) {
  using Queue = QueueSnapshot;
  queue_gauge(text, graphs, "forebay_queue_depth", "Items that wait in the input queue.",
              [](const Queue& queue) { return std::uint64_t{queue.depth}; });
  queue_gauge(text, graphs, "forebay_queue_capacity", "Its places.",
              [](const Queue& queue) { return std::uint64_t{queue.capacity}; });
  queue_gauge(text, graphs, "forebay_queue_high_water", "The most items there were in this run.",
              [](const Queue& queue) { return std::uint64_t{queue.high_water}; });
  queue_gauge(text, graphs, "forebay_queue_bytes", "Bytes of the items that wait.",
              [](const Queue& queue) { return std::uint64_t{queue.bytes}; });
  queue_gauge(text, graphs, "forebay_queue_capacity_bytes", "Bytes it may hold; 0: not limited.",
              [](const Queue& queue) { return std::uint64_t{queue.capacity_bytes}; });
  text.family("forebay_queue_item_seconds_total", "counter",
              "Depth added up over time: its rate is the mean depth.");
  for (const GraphTotals& graph : graphs) {
    each_queue(graph, graph.sum, [&](const Labels& labels, const Queue& queue) {
      text.sample(labels, seconds(queue.depth_time));
    });
  }
}

void device_families(Text& text, const std::vector<DeviceFacts>& devices) {
  const auto family = [&](const char* name, const char* help, auto value) {
    text.family(name, "gauge", help);
    for (const auto& device : devices) {
      text.sample({{"device", device.name}}, std::invoke(value, device));
    }
  };
  family("forebay_device_busy_ratio", "Share of the last moments, 0 to 1.", &DeviceFacts::busy);
  family("forebay_device_memory_used_bytes", "Of the device.", &DeviceFacts::memory_used);
  family("forebay_device_memory_bytes", "All that it has.", &DeviceFacts::memory_total);
  family("forebay_device_samples_per_second", "What it does now.",
         &DeviceFacts::samples_per_second);
}

// What is not known is not there.
void gpu_families(Text& text, const std::vector<DeviceFacts>& devices) {
  const auto family = [&](const char* name, const char* help,
                          std::optional<double> GpuFigures::*value) {
    text.family(name, "gauge", help);
    for (const DeviceFacts& device : devices) {
      if (device.gpu.*value) text.sample({{"device", device.name}}, *(device.gpu.*value));
    }
  };
  family("forebay_gpu_busy_ratio", "Share of the last second or less, by all programs, 0 to 1.",
         &GpuFigures::busy);
  family("forebay_gpu_memory_used_bytes", "By all programs.", &GpuFigures::memory_used);
  family("forebay_gpu_memory_bytes", "All that the GPU has.", &GpuFigures::memory_total);
  family("forebay_gpu_power_watts", "What it draws.", &GpuFigures::power);
  family("forebay_gpu_power_limit_watts", "What it may draw.", &GpuFigures::power_limit);
  family("forebay_gpu_clock_hertz", "Of its multiprocessors.", &GpuFigures::clock);
  family("forebay_gpu_clock_limit_hertz", "The most that it has.", &GpuFigures::clock_limit);
}

void progress_families(Text& text, const std::vector<ProgressFacts>& progress) {
  const auto family = [&](const char* name, const char* help, double ProgressFacts::*value) {
    text.family(name, "gauge", help);
    for (std::size_t i = 0; i < progress.size(); ++i) {
      text.sample({{"progress", std::to_string(i)}, {"unit", progress[i].unit}},
                  progress[i].*value);
    }
  };
  family("forebay_progress_done", "How far the program has come.", &ProgressFacts::done);
  family("forebay_progress_goal", "Where it ends.", &ProgressFacts::total);
}

void host_families(Text& text, const HostSample& host) {
  const auto one = [&](const char* name, const char* type, const char* help, auto value) {
    text.family(name, type, help);
    text.sample({}, value);
  };
  const auto tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto cpu = [&](const char* mode, std::int64_t ticks) {
    text.sample({{"mode", mode}}, static_cast<double>(ticks) * tick);
  };
  text.family("forebay_host_cpu_seconds_total", "counter", "Time of all the machine's processors.");
  cpu("busy", host.cpu_total - host.cpu_idle - host.cpu_io_wait);
  cpu("idle", host.cpu_idle);
  cpu("iowait", host.cpu_io_wait);
  one("forebay_host_cpus", "gauge", "Processors of the machine.", host.cpus);
  one("forebay_host_cpus_usable", "gauge", "Those that the process may use.", host.cpus_usable);
  one("forebay_host_disk_read_bytes_total", "counter", "By all programs.", host.disk_read);
  one("forebay_host_disk_written_bytes_total", "counter", "By all programs.", host.disk_written);
  one("forebay_host_memory_used_bytes", "gauge", "By all programs.", host.memory_used);
  one("forebay_host_memory_bytes", "gauge", "Memory of the machine.", host.memory_total);
  one("process_cpu_seconds_total", "counter", "Processor time of the process.",
      seconds(host.process_cpu));
  one("process_resident_memory_bytes", "gauge", "Memory that the process has in use.",
      host.process_memory);
}

}  // namespace

std::string metrics(const Registry& registry) {
  const Totals graphs = registry.totals();
  const Report report = registry.process_report();
  Text text;
  graph_families(text, graphs);
  node_families(text, graphs);
  service_family(text, graphs);
  queue_families(text, graphs);
  device_families(text, report.devices);
  gpu_families(text, report.devices);
  progress_families(text, report.progress);
  host_families(text, report.host);
  return text.take();
}

}  // namespace forebay::detail
