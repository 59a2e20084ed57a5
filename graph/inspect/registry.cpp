#include <forebay/graph/inspect/registry.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace detail {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

ProcessFacts this_process() {
  ProcessFacts facts;
  facts.pid = getpid();
  std::ifstream file("/proc/self/cmdline");
  for (std::string word; std::getline(file, word, '\0');) facts.command.push_back(word);
  if (!facts.command.empty()) {
    const std::string& path = facts.command.front();
    facts.program = path.substr(path.rfind('/') + 1);
  }
  return facts;
}

// JSON has no infinity.
void make_finite(double& value) {
  if (!std::isfinite(value)) value = 0;
}

}  // namespace

std::uint64_t Registry::enter(Inspected graph) {
  const std::lock_guard lock(mutex_);
  RunFacts facts{graph.name, ++last_number_, true, seconds_since_1970()};
  runs_.push_back({std::move(facts), std::move(graph)});
  return last_number_;
}

void Registry::leave(std::uint64_t number) noexcept {
  const std::lock_guard lock(mutex_);
  const auto run = std::ranges::find(runs_, number, [](const Run& r) { return r.facts.number; });
  if (run == runs_.end()) return;  // a fork has forgotten it
  try {
    Report last;
    last.graph = run->graph.snapshot();
    last.run = std::move(run->facts);
    last.run.running = false;
    last_ = std::move(last);
    add_to_totals(last_->graph);
    if (!ends_.empty()) tell_of_end(*last_);
  } catch (...) {  // no memory: then there is nothing to show
    last_.reset();
  }
  runs_.erase(run);
}

void Registry::tell_of_end(Report last) const {
  tell_facts(last);
  nvml_.recall(last.devices);
  for (const auto& [number, ended] : ends_) ended(last);
}

void Registry::add_to_totals(const GraphSnapshot& last) {
  auto total = std::ranges::find(ended_, last.name, &GraphTotals::name);
  if (total == ended_.end()) {
    if (ended_.size() == kMostNames) ended_.pop_front();
    total = ended_.insert(ended_.end(), {last.name, 0, 0, {}, std::nullopt});
  }
  ended_.splice(ended_.end(), ended_, total);
  total->runs += 1;
  total->sum += last;
}

std::vector<GraphTotals> Registry::totals() const {
  const std::lock_guard lock(mutex_);
  std::vector<GraphTotals> all(ended_.begin(), ended_.end());
  for (const Run& run : runs_) {
    auto total = std::ranges::find(all, run.facts.name, &GraphTotals::name);
    if (total == all.end()) {
      total = all.insert(all.end(), {run.facts.name, 0, 0, {}, std::nullopt});
    }
    const GraphSnapshot now = run.graph.snapshot();
    total->runs += 1;
    total->running += 1;
    total->sum += now;
    if (!total->now) total->now = now;
  }
  std::ranges::sort(all, {}, &GraphTotals::name);
  return all;
}

template <typename What>
Publication Registry::publish(AllPublished<What>& all, What what) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = ++last_number_;
  all.push_back({number, std::move(what)});
  return Publication([this, &all, number] {
    const std::lock_guard withdraw_lock(mutex_);
    all.remove_if([number](const auto& each) { return each.number == number; });
  });
}

Publication Registry::publish_devices(std::function<std::vector<DeviceFacts>()> devices) {
  return publish(devices_, std::move(devices));
}

Publication Registry::publish_progress(std::function<ProgressFacts()> progress) {
  return publish(progress_, std::move(progress));
}

Publication Registry::publish_roles(NodeRoles roles) { return publish(roles_, std::move(roles)); }

Publication Registry::watch_ends(std::function<void(const Report&)> ended) {
  return publish(ends_, std::move(ended));
}

ProcessRuns Registry::runs() const {
  ProcessRuns result{this_process(), {}};
  const std::lock_guard lock(mutex_);
  for (const Run& run : runs_) result.runs.push_back(run.facts);
  if (last_) result.runs.push_back(last_->run);
  return result;
}

const Registry::Run* Registry::find(const std::optional<std::string>& graph) const {
  const auto found = std::ranges::find_if(
      runs_, [&](const Run& run) { return !graph || run.facts.name == *graph; });
  return found == runs_.end() ? nullptr : &*found;
}

void Registry::refuse(const std::optional<std::string>& graph) const {
  std::string names;
  for (const Run& run : runs_) names += (names.empty() ? "" : ", ") + run.facts.name;
  if (!graph) throw Error("no graph runs in process " + std::to_string(getpid()));
  throw Error("no graph '" + *graph + "' runs in process " + std::to_string(getpid()) +
              (names.empty() ? "; none does" : "; it runs " + names));
}

void Registry::tell_facts(Report& report) const {
  for (const auto& [number, roles] : roles_) {
    std::ranges::copy(roles.devices, std::back_inserter(report.roles.devices));
    std::ranges::copy(roles.all_reduce, std::back_inserter(report.roles.all_reduce));
    if (report.roles.samples.empty()) report.roles.samples = roles.samples;
  }
  for (const auto& [number, devices] : devices_) {
    try {
      std::ranges::move(devices(), std::back_inserter(report.devices));
    } catch (...) {  // nothing to tell
    }
  }
  for (const auto& [number, progress] : progress_) {
    try {
      report.progress.push_back(progress());
    } catch (...) {  // nothing to tell
    }
  }
  for (DeviceFacts& device : report.devices) {
    make_finite(device.busy);
    make_finite(device.samples_per_second);
  }
  for (ProgressFacts& progress : report.progress) {
    make_finite(progress.done);
    make_finite(progress.total);
    std::erase_if(progress.figures, [](const auto& each) { return !std::isfinite(each.second); });
  }
}

// What takes longer than anybody may wait for the lock.
void Registry::tell_host(Report& report) const {
  report.process = this_process();
  report.host = sample_host();
  nvml_.tell(report.devices);
}

Report Registry::process_report() const {
  Report report;
  {
    const std::lock_guard lock(mutex_);
    tell_facts(report);
  }
  tell_host(report);
  return report;
}

Report Registry::report(const std::optional<std::string>& graph) const {
  Report report;
  {
    const std::lock_guard lock(mutex_);
    if (const Run* run = find(graph)) {
      report.run = run->facts;
      report.graph = run->graph.snapshot();
    } else if (last_ && (!graph || last_->run.name == *graph)) {
      report = *last_;
    } else {
      refuse(graph);
    }
    tell_facts(report);
  }
  tell_host(report);
  return report;
}

void Registry::set(const std::optional<std::string>& graph, std::string_view path,
                   std::string_view value) {
  const std::lock_guard lock(mutex_);
  const Run* run = find(graph);
  if (run == nullptr) refuse(graph);
  run->graph.set(path, value);
}

TraceReport Registry::trace(const std::optional<std::string>& graph, const std::string& holder,
                            double seconds) {
  const std::lock_guard lock(mutex_);
  const Run* run = find(graph);
  if (run == nullptr) refuse(graph);
  return {this_process(), run->facts, run->graph.trace(holder, seconds)};
}

Registry& process_registry() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace detail

Publication publish_devices(std::function<std::vector<DeviceFacts>()> devices) {
  return detail::process_registry().publish_devices(std::move(devices));
}

Publication publish_progress(std::function<ProgressFacts()> progress) {
  return detail::process_registry().publish_progress(std::move(progress));
}

Publication publish_roles(NodeRoles roles) {
  return detail::process_registry().publish_roles(std::move(roles));
}

}  // namespace forebay
