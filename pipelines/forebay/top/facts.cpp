// What is shown beside the graph: progress, devices, host, help.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <common/cache_facts.hpp>
#include <common/terminal.hpp>
#include <common/training_cost.hpp>
#include <common/training_plan.hpp>
#include <forebay/top/layout.hpp>

namespace forebay {
namespace {

constexpr std::size_t kBar = 10;

const ProgressFacts* same_in(const Report& report, const ProgressFacts& progress) {
  const auto found = std::ranges::find(report.progress, progress.label, &ProgressFacts::label);
  return found == report.progress.end() ? nullptr : &*found;
}

double rate_of(const ProgressFacts& now, const ProgressFacts* before, double seconds) {
  return before != nullptr && seconds > 0 ? (now.done - before->done) / seconds : 0;
}

std::vector<std::string> done_fields(const ProgressFacts& now) {
  const double part = now.total > 0 ? now.done / now.total : 0;
  return {printable(now.label), bar(part, 0, kBar) + fmt::format(" {:3.0f} %", 100 * part),
          fmt::format("{:.0f}/{:.0f} {}", now.done, now.total, printable(now.unit))};
}

// How full it is, and how much of what it was asked for it had in the meantime. It may never be
// full, so it is not said when that is.
std::vector<std::string> cache_fields(const ProgressFacts& now, const CacheUse& use,
                                      const ProgressFacts* before) {
  std::vector<std::string> fields = done_fields(now);
  const CacheUse past = before != nullptr ? cache_use(*before).value_or(CacheUse{}) : CacheUse{};
  const double hits = use.hits - past.hits, asked = hits + use.misses - past.misses;
  if (asked > 0) fields.push_back(fmt::format("hits {:.0f} %", 100 * hits / asked));
  return fields;
}

std::vector<std::string> progress_fields(const ProgressFacts& now, const ProgressFacts* before,
                                         double rate) {
  if (const auto use = cache_use(now)) return cache_fields(now, *use, before);
  std::vector<std::string> fields = done_fields(now);
  if (rate > 0) {
    fields.push_back(fmt::format("{} {}/s", rate_text(rate), printable(now.unit)));
    fields.push_back(fmt::format("ends in {}", clock_text((now.total - now.done) / rate)));
  }
  if (training_plan({now})) return fields;  // its figures are told as time and cost
  for (const auto& [name, figure] : now.figures) {
    fields.push_back(fmt::format("{} {:.4f}", printable(name), figure));
  }
  return fields;
}

// As many of the fields as fit, up to the last column; the first always.
Line fitting(const std::vector<std::string>& fields, std::size_t width) {
  return {{join_while_fitting(fields, 1 + std::max(width, columns(fields.front())))}};
}

// "  GPU 97 %  66G/131G  512/700 W  1755/1980 MHz": what its driver tells.
std::string gpu_text(const GpuFigures& gpu) {
  std::string text;
  const auto add = [&text](const auto& value, const auto& limit, const auto& write,
                           const char* unit) {
    if (!value) return;
    const std::string most = limit ? fmt::format("/{}", write(*limit)) : std::string();
    text += fmt::format("  {}{}{}", write(*value), most, unit);
  };
  const auto whole = [](double value) { return fmt::format("{:.0f}", value); };
  const auto mega = [](double value) { return fmt::format("{:.0f}", value * 1e-6); };
  if (gpu.busy) text += fmt::format("  GPU {} %", percent_text(*gpu.busy));
  add(gpu.memory_used, gpu.memory_total, bytes_text, "");
  add(gpu.power, gpu.power_limit, whole, " W");
  add(gpu.clock, gpu.clock_limit, mega, " MHz");
  return text;
}

}  // namespace

std::vector<Line> progress_lines(const Report& earlier, const Report& later, std::size_t width) {
  std::vector<Line> lines;
  const double seconds = static_cast<double>(later.graph.time - earlier.graph.time) * 1e-9;
  for (const ProgressFacts& progress : later.progress) {
    const ProgressFacts* before = same_in(earlier, progress);
    const double rate = rate_of(progress, before, seconds);
    lines.push_back(fitting(progress_fields(progress, before, rate), width));
    const auto plan = training_plan({progress});
    if (!plan || rate <= 0) continue;
    const TrainingPace pace{rate, plan->images_per_epoch, plan->epochs};
    for (std::string& line : wrapped(time_and_cost(pace, plan->price_per_hour), width)) {
      lines.push_back({{std::move(line)}});
    }
  }
  return lines;
}

std::vector<Line> device_lines(const std::vector<DeviceFacts>& devices, const std::string& samples,
                               std::size_t width) {
  std::size_t longest = 0;
  for (const DeviceFacts& device : devices) longest = std::max(longest, columns(device.name));
  std::vector<Line> lines;
  std::size_t used = 0;
  for (const DeviceFacts& device : devices) {
    const std::string total =
        device.memory_total > 0
            ? fmt::format("/{}", bytes_text(static_cast<double>(device.memory_total)))
            : "";
    const std::string text =
        fmt::format("{} {} {:>3} % busy {:>5}{} {:>5} {}/s", left(printable(device.name), longest),
                    bar(device.busy, 0, kBar / 2), percent_text(device.busy),
                    bytes_text(static_cast<double>(device.memory_used)), total,
                    rate_text(device.samples_per_second), samples) +
        gpu_text(device.gpu);
    if (lines.empty() || used + 3 + columns(text) > width) {
      lines.push_back({{text}});
      used = columns(text);
    } else {
      lines.back().push_back({fmt::format("   {}", text)});
      used += 3 + columns(text);
    }
  }
  return lines;
}

Line host_line(const Measures& measures, const HostSample& host, std::size_t width) {
  const HostUse& use = measures.host;
  constexpr double kMega = 1e6;
  return fitting(
      {fmt::format("host: cpu {:.0f} % idle, {:.0f} % I/O wait", 100 * use.cpu_idle,
                   100 * use.cpu_io_wait),
       fmt::format("disk {:.1f} MB/s read, {:.1f} written", use.disk_read / kMega,
                   use.disk_written / kMega),
       fmt::format("process {:.1f} of {:.4g} cpus, {}", use.process_cpus, host.cpus_usable,
                   bytes_text(static_cast<double>(host.process_memory))),
       fmt::format("memory {}/{}", bytes_text(static_cast<double>(host.memory_used)),
                   bytes_text(static_cast<double>(host.memory_total)))},
      width);
}

std::vector<Line> help_lines() {
  std::vector<Line> lines;
  for (const char* text : {
           "up, down, page up, page down    select a node",
           "+ and -                         one worker more or less for it",
           "s, or left and right            sort by another figure",
           "space or p                      pause, and go on",
           "h or ?                          this help",
           "q                               quit",
           "",
           "fill, queue  items that wait, mean, of the places there are; │ most so far",
           "work         items worked on now, of the limit (concurrency)",
           "bsy stv blk  % of its workers' time in the body, without input, without room after",
           "rdy          % with an item, but no core free",
           "lim          % of the time with items waiting and every worker busy",
           "p50 p99      time one item takes in the body",
           "!            the node that limits the run",
       }) {
    lines.push_back({{text}});
  }
  return lines;
}

}  // namespace forebay
