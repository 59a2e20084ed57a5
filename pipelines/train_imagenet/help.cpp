// The table of flags as text: help, documentation, the log's first line.

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <common/flag_text.hpp>
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

}  // namespace

std::string help_text() {
  std::string out =
      "train_imagenet: trains an image classifier, with the flags of MXNet's train_imagenet.py\n\n"
      "  train_imagenet --network resnet --num-layers 50 --data-train T.rec --data-val V.rec\n";
  for (const Heading& heading : kHeadings) {
    out += fmt::format("\n{}:\n", heading.title);
    for (const Flag& flag : flags()) {
      if (flag.group != heading.group) continue;
      out += help_entry(usage(flag), flag.help, flag.standard);
    }
  }
  out += fmt::format("\n  {}\n", wrap_words(kNodeSettings, 2));
  out += "\nMXNet's flags that are not supported yet (their defaults are accepted):\n";
  out += fmt::format("  {}\n", wrap_words(names_not_yet(), 2));
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
