#include <forebay/graph/report/html_report.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <iterator>
#include <map>
#include <ranges>
#include <sstream>
#include <utility>

#include <forebay/graph/inspect/text.hpp>
#include <forebay/graph/inspect/web.hpp>
#include <forebay/graph/report/charts.hpp>

namespace forebay {
namespace {

using detail::Bottlenecks;
using detail::clock;
using detail::GraphSums;
using detail::Mark;
using detail::NodeSums;
using detail::Plot;
using detail::short_number;
using detail::TimeAxis;
using detail::Timeline;
using detail::xml_text;

constexpr double kWide = 948, kHalf = 462;  // pixels
constexpr double kHigh = 170, kLow = 140;
constexpr std::size_t kMostChanges = 60;  // that are listed

std::string moment(double time) {
  const auto whole = static_cast<std::time_t>(time);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::string percent(double percents) { return std::to_string(std::lround(percents)) + " %"; }

std::string cell(const std::string& text) { return "<td class=\"number\">" + text + "</td>"; }

std::string key(const std::string& kind) { return "<i class=\"key " + kind + "\"></i>"; }

std::string plural(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

// Changes of one second have one number.
struct NumberedChange {
  std::size_t number;
  const RecordedChange* change;
};

std::vector<NumberedChange> numbered(const std::vector<RecordedChange>& changes) {
  std::vector<NumberedChange> all;
  for (const RecordedChange& change : changes) {
    const bool same = !all.empty() && all.back().change->time == change.time;
    all.push_back({all.empty() ? 1 : all.back().number + (same ? 0 : 1), &change});
  }
  return all;
}

// One recording as a page, part by part.
class Page {
 public:
  explicit Page(const Recording& recording)
      : recording_(recording), timeline_(recording), changes_(numbered(recording.changes)) {
    axis_.length = timeline_.length();
    for (const double at : timeline_.restarts()) axis_.marks.push_back({at, 0});
    for (const NumberedChange& each : changes_) {
      if (!axis_.marks.empty() && axis_.marks.back().number == each.number) continue;
      axis_.marks.push_back({timeline_.at(each.change->time), each.number});
    }
    for (std::size_t i = 0; i < recording.graphs.size(); ++i) {
      sums_.push_back(detail::sums_of(recording, i));
    }
  }

  std::string text() const {
    return head() + summary() + verdicts() + limits() + plots() + strips() + tables() + foot();
  }

 private:
  std::string head() const;
  std::string summary() const;
  std::string verdicts() const;
  std::string limits() const;
  std::string change_list() const;
  std::string plots() const;
  std::string strips() const;
  std::string tables() const;
  std::string table(std::size_t graph) const;
  std::string foot() const;
  std::string name() const;

  const Recording& recording_;
  Timeline timeline_;
  std::vector<NumberedChange> changes_;
  TimeAxis axis_;
  std::vector<GraphSums> sums_;  // of each graph
};

// The graph that ran longest.
std::size_t main_graph(const std::vector<GraphSums>& sums) {
  return static_cast<std::size_t>(std::ranges::max_element(sums, {}, &GraphSums::seconds) -
                                  sums.begin());
}

std::string Page::name() const {
  if (!recording_.graphs.empty()) return recording_.graphs[main_graph(sums_)].name;
  return recording_.starts.front().program;
}

std::string Page::head() const {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         xml_text(name()) + ": run report</title>\n<style>\n" +
         std::string(detail::web_file("report.css")) + "</style></head><body>\n";
}

std::string fact(const std::string& name, const std::string& value) {
  return "<div><dt>" + xml_text(name) + "</dt><dd>" + xml_text(value) + "</dd></div>";
}

std::string Page::summary() const {
  const RecordedStart& start = recording_.starts.back();
  std::string out = "<h1>" + xml_text(name()) + "</h1>\n<p class=\"soft\">" +
                    xml_text(start.program) + " on " + xml_text(start.host) + ", " +
                    short_number(start.cpus_usable) + " of " + std::to_string(start.cpus) +
                    " processors, begun " + moment(recording_.starts.front().time);
  if (recording_.starts.size() > 1) {
    out += ", started " + std::to_string(recording_.starts.size()) + " times";
  }
  out += "</p>\n<dl>" + fact("recorded", clock(timeline_.length()));
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const RecordedGraph& graph = recording_.graphs[i];
    if (sums_[i].seconds <= 0) continue;
    out += fact(graph.name + ", " + graph.samples + "/s",
                short_number(sums_[i].samples / sums_[i].seconds));
    out += fact(graph.name + ", " + graph.samples, short_number(sums_[i].samples));
  }
  std::string devices;
  for (const RecordedDevice& device : recording_.devices | std::views::take(4)) {
    devices += (devices.empty() ? "" : ", ") + device.name;
  }
  if (recording_.devices.size() > 4) {
    devices += " and " + std::to_string(recording_.devices.size() - 4) + " more";
  }
  if (!devices.empty()) out += fact("devices", devices);
  out += "</dl>\n<p><code>";
  for (const std::string& word : start.command) out += xml_text(word) + " ";
  return out + "</code></p>\n";
}

std::string Page::verdicts() const {
  std::map<std::size_t, const RecordedVerdict*> last;  // by graph
  for (const RecordedVerdict& verdict : recording_.verdicts) last[verdict.graph] = &verdict;
  std::string out = "<h2>Last verdict</h2>\n";
  if (last.empty()) return out + "<p class=\"soft\">The run was too short for one.</p>\n";
  for (const auto& [graph, verdict] : last) {
    out += "<div class=\"verdict\"><small>" + xml_text(recording_.graphs[graph].name) + ", at " +
           clock(timeline_.at(verdict->time)) + "</small>";
    std::istringstream lines(verdict->text);
    for (std::string line; std::getline(lines, line);) out += "<p>" + xml_text(line) + "</p>";
    out += "</div>\n";
  }
  return out;
}

std::string Page::limits() const {
  const Bottlenecks found = detail::bottlenecks(recording_, timeline_);
  std::string out = "<h2>What limited the run, over time</h2>\n" +
                    detail::span_svg(found.spans, axis_, kWide) + "<table class=\"short\"><tbody>";
  for (std::size_t i = 0; i < found.all.size(); ++i) {
    const auto& each = found.all[i];
    out += "<tr><th>" + key(detail::colour_class(i)) + xml_text(each.name) + "</th>" +
           cell(percent(100 * each.share) + " of the time") + cell(clock(each.seconds)) + "</tr>";
  }
  return out + "</tbody></table>\n" + change_list();
}

std::string Page::change_list() const {
  if (changes_.empty()) return "";
  std::string out = "<h2>Settings that were changed</h2>\n<ol class=\"changes\">";
  for (const auto& [number, change] : changes_ | std::views::take(kMostChanges)) {
    out += "<li><b>" + std::to_string(number) + "</b> " + clock(timeline_.at(change->time)) + " " +
           xml_text(change->change.path()) + " " + std::to_string(change->change.from) + " → " +
           std::to_string(change->change.to) + "</li>";
  }
  out += "</ol>\n";
  if (changes_.size() > kMostChanges) {
    out += "<p>and " + std::to_string(changes_.size() - kMostChanges) + " more</p>\n";
  }
  return out;
}

std::string Page::plots() const {
  std::string out = "<h2>Over time</h2>\n" +
                    plot_figure(detail::throughput(recording_, timeline_), axis_, kWide, kHigh) +
                    "<div class=\"pair\">";
  std::vector<Plot> small = detail::figures(recording_, timeline_);
  if (!recording_.devices.empty()) small.push_back(detail::devices(recording_, timeline_));
  std::ranges::move(detail::gpus(recording_, timeline_), std::back_inserter(small));
  small.push_back(detail::processors(recording_, timeline_));
  small.push_back(detail::disks(recording_, timeline_));
  for (const Plot& plot : small) out += plot_figure(plot, axis_, kHalf, kLow);
  return out + "</div>\n";
}

std::string Page::strips() const {
  std::string out =
      "<h2>Nodes over time</h2>\n<table class=\"strips\"><thead><tr><th></th><th>its fullest "
      "queue" +
      key("fill") + "full</th><th>its workers" + key("busy") + "busy" + key("ready") +
      "ready, no core free" + key("blocked") + "blocked</th></tr></thead><tbody>\n";
  for (const detail::NodeStrips& node : detail::node_strips(recording_, timeline_)) {
    out += "<tr><th>" + xml_text(node.name) + "</th><td>" + strip_svg(node.fill) + "</td><td>" +
           strip_svg(node.times) + "</td></tr>\n";
  }
  const std::string time = "<td>" + time_svg(axis_, kHalf) + "</td>";
  return out + "<tr><th></th>" + time + time + "</tr></tbody></table>\n";
}

std::string Page::tables() const {
  std::string out;
  for (std::size_t i = 0; i < recording_.graphs.size(); ++i) {
    if (sums_[i].seconds > 0) out += table(i);
  }
  return out;
}

std::string row(const RecordedNode& node, const NodeSums& sum, double seconds) {
  std::string out = "<tr><th>" + xml_text(node.name) + "</th><td>" + xml_text(node.kind) + "</td>";
  out += cell(std::to_string(node.concurrency));
  const double places = static_cast<double>(node.queue);
  out += cell(node.queue == 0
                  ? "-"
                  : short_number(sum.fill / 100 * places) + "/" + std::to_string(node.queue));
  for (const double share : {sum.busy, sum.ready, sum.starved, sum.blocked}) {
    out += cell(percent(share));
  }
  return out + cell(short_number(sum.items / seconds)) + cell(std::to_string(sum.errors)) +
         "</tr>\n";
}

std::string Page::table(std::size_t graph) const {
  const GraphSums& sums = sums_[graph];
  const RecordedGraph& recorded = recording_.graphs[graph];
  std::string out = "<h2>" + xml_text(recorded.name) + " <small>" + plural(sums.runs, "run") +
                    " ended, " + clock(sums.seconds) +
                    "; settings as they were last</small></h2>\n<table><thead><tr><th>node</th>"
                    "<th>kind</th>";
  for (const char* title :
       {"workers", "mean queue", "busy", "ready", "starved", "blocked", "items/s", "errors"}) {
    out += "<th class=\"number\">" + std::string(title) + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < recorded.nodes.size(); ++i) {
    out += row(recorded.nodes[i], sums.nodes[i], sums.seconds);
  }
  return out + "</tbody></table>\n";
}

std::string Page::foot() const {
  return "<footer>Times are of what was recorded, from its begin; what lies between two starts of "
         "the program is left out (dashed red lines), dotted lines are changes of settings. Made "
         "by "
         "forebay report.</footer>\n</body></html>\n";
}

}  // namespace

std::string html_report(const Recording& recording) { return Page(recording).text(); }

}  // namespace forebay
