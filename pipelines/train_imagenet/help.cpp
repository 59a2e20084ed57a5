// The table of flags as text: help, documentation, suggestions, the log's first line.

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <train_imagenet/flags.hpp>

namespace forebay {
namespace {

struct Heading {
  FlagGroup group;
  std::string_view title;
};

constexpr std::array<Heading, 4> kHeadings = {{
    {FlagGroup::kTraining, "Training"},
    {FlagGroup::kData, "Data"},
    {FlagGroup::kAugmentation, "Augmentation of training images"},
    {FlagGroup::kForebay, "Forebay"},
}};

constexpr std::string_view kNodeSettings =
    "--NODE.SETTING VALUE changes a node of the graph: --decode.concurrency 8, --batch.queue 4, "
    "--decode.queue_bytes 64M. The report at the end of a run names the nodes.";

constexpr std::size_t kColumns = 100;
constexpr std::size_t kTextColumn = 34;

// Words of `text` on lines that end before kColumns; lines after the first are indented.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > indent && column + 1 + word.size() > kColumns) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string usage(const Flag& flag) {
  return flag.value.empty() ? "--" + flag.name : "--" + flag.name + " " + flag.value;
}

// "--monitor, --gc-type, ..."
std::string names_not_yet() {
  std::vector<std::string> names;
  for (const Flag& flag : flags()) {
    if (flag.group == FlagGroup::kNotYet) names.push_back("--" + flag.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string help_text() {
  std::string out =
      "train_imagenet: trains an image classifier, with the flags of MXNet's train_imagenet.py\n\n"
      "  train_imagenet --network resnet --num-layers 50 --data-train T.rec --data-val V.rec\n";
  for (const Heading& heading : kHeadings) {
    out += fmt::format("\n{}:\n", heading.title);
    for (const Flag& flag : flags()) {
      if (flag.group != heading.group) continue;
      const std::string text =
          flag.standard.empty() ? flag.help : fmt::format("{} [{}]", flag.help, flag.standard);
      out += fmt::format("  {:<{}}{}\n", usage(flag), kTextColumn - 2, wrap(text, kTextColumn));
    }
  }
  out += fmt::format("\n  {}\n", wrap(kNodeSettings, 2));
  out += "\nMXNet's flags that are not supported yet (their defaults are accepted):\n";
  out += fmt::format("  {}\n", wrap(names_not_yet(), 2));
  return out;
}

std::string help_markdown() {
  std::string out;
  for (const Heading& heading : kHeadings) {
    out +=
        fmt::format("### {}\n\n| flag | default | meaning |\n| --- | --- | --- |\n", heading.title);
    for (const Flag& flag : flags()) {
      if (flag.group != heading.group) continue;
      std::string name = usage(flag);
      if (const auto bar = name.find('|'); bar != name.npos) name.replace(bar, 1, "\\|");
      const std::string standard = flag.standard.empty() ? "" : "`" + flag.standard + "`";
      out += fmt::format("| `{}` | {} | {} |\n", name, standard, flag.help);
    }
    out += '\n';
  }
  out += fmt::format(
      "{}\n\nMXNet's flags that are not supported yet; their defaults are accepted: {}.\n",
      kNodeSettings, names_not_yet());
  return out;
}

std::string nearest_flag(std::string_view name) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const Flag& candidate : flags()) {
    // The start of a flag's name is what people abbreviate to.
    const bool begins = name.size() > 2 && candidate.name.starts_with(name);
    const std::size_t distance = begins ? 1 : edit_distance(name, candidate.name);
    if (distance < best_distance) {
      best = candidate.name;
      best_distance = distance;
    }
  }
  return best;
}

std::string namespace_text(const TrainOptions& options) {
  std::vector<std::string> parts;
  for (const Flag& each : flags()) {
    if (!each.show) continue;
    std::string name = each.name;
    std::ranges::replace(name, '-', '_');
    parts.push_back(name + "=" + each.show(options));
  }
  std::ranges::sort(parts);
  return fmt::format("Namespace({})", fmt::join(parts, ", "));
}

}  // namespace forebay
