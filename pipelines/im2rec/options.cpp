#include <im2rec/options.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/host.hpp>

#include <common/command_line.hpp>
#include <common/flag_text.hpp>
#include <common/flag_values.hpp>

namespace forebay {
namespace {

enum class Group : std::uint8_t { kLists, kPacking, kOther };

struct Flag {
  Group group;
  std::string name;
  std::string value;  // what stands for its value in the help; empty: a switch
  std::string help;
  std::string standard;
  std::function<void(Im2recOptions&, const std::string&)> set;
};

template <class T>
Flag flag(Group group, std::string name, std::string value, T Im2recOptions::*field,
          Reader<T> reader, std::string help, std::string standard) {
  Flag made{group, name, std::move(value), std::move(help), std::move(standard), {}};
  made.set = [=](Im2recOptions& options, const std::string& text) {
    const auto parsed = reader.read(text);
    if (!parsed) throw Error(fmt::format("--{} is '{}'; give {}", name, text, reader.wants));
    options.*field = *parsed;
  };
  return made;
}

Flag on_switch(Group group, std::string name, bool Im2recOptions::*field, std::string help) {
  return flag(group, std::move(name), "", field, on_or_off(), std::move(help), "");
}

bool looks_like_extension(std::string_view text) {
  return text.size() > 1 && text.starts_with('.') && text.find('/') == text.npos &&
         text.find_first_not_of('.') != text.npos;
}

// ".JPG", ".jpg,.png": parts that begin with a dot, made lower case.
Reader<std::vector<std::string>> extensions() {
  return {"extensions with their dot, e.g. .jpg .png",
          [](std::string_view text) -> std::optional<std::vector<std::string>> {
            auto parts = split_commas(text);
            for (auto& part : parts) {
              if (!looks_like_extension(part)) return std::nullopt;
              std::ranges::transform(part, part.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
              });
            }
            if (parts.empty()) return std::nullopt;
            return parts;
          }};
}

std::vector<Flag> list_flags() {
  using O = Im2recOptions;
  const auto group = Group::kLists;
  return {
      on_switch(group, "list", &O::list, "write PREFIX.lst instead of packing"),
      flag(group, "exts", ".EXT ...", &O::exts, extensions(), "files that are images",
           ".jpeg .jpg .png"),
      on_switch(group, "recursive", &O::recursive,
                "look into sub-folders too: each folder with images is a class, numbered in sorted "
                "order; without it every label is 0"),
      on_switch(group, "no-shuffle", &O::no_shuffle,
                "keep the sorted order; without it, the order im2rec.py shuffles to"),
      flag(group, "train-ratio", "F", &O::train_ratio, number(0, 1),
           "below 1: this part of the images in PREFIX_train.lst, the rest in PREFIX_val.lst", "1"),
      flag(group, "test-ratio", "F", &O::test_ratio, number(0, 1),
           "of them in PREFIX_test.lst; needs --train-ratio", "0"),
      flag(group, "chunks", "N", &O::chunks, whole<std::int64_t>(1),
           "cut into N lists: PREFIX_0.lst ...", "1"),
  };
}

std::vector<Flag> packing_flags() {
  using O = Im2recOptions;
  const auto group = Group::kPacking;
  return {
      on_switch(group, "pass-through", &O::pass_through,
                "pack the files' bytes as they are; nothing is decoded"),
      flag(group, "resize", "N", &O::resize, whole(0, 65500),
           "make the shorter side N pixels long, enlarging too; 0 keeps the size", "0"),
      on_switch(group, "center-crop", &O::center_crop, "cut the middle square before resizing"),
      flag(group, "quality", "N", &O::quality, whole(0, 100),
           "of JPEG, 1 to 100; of PNG, the level of compression, 0 to 9", "95; 3 for .png"),
      flag(group, "color", "N", &O::color,
           word<Color>({{"1", Color::kColor}, {"0", Color::kGray}, {"-1", Color::kAsStored}}),
           "1: color; 0: gray; -1: gray for images that are gray, else color", "1"),
      flag(group, "encoding", ".EXT", &O::encoding,
           word<Encoding>({{".jpg", Encoding::kJpeg}, {".png", Encoding::kPng}}),
           "what images are encoded as: .jpg or .png", ".jpg"),
      flag(group, "restart-rows", "N", &O::restart_rows, whole(0, 65535),
           "JPEGs get a restart marker after each N rows of blocks, and Huffman tables of their "
           "own: "
           "the same pixels, smaller files, and crops decode faster; with --pass-through too",
           "0"),
      on_switch(group, "pack-label", &O::pack_label,
                "pack all labels of a line; without it, the first one"),
      flag(group, "num-thread", "N", &O::num_thread, whole(1, 1024),
           "images encoded at a time; the files are the same for any N", "one per core"),
      flag(group, "on-bad-image", "stop|skip", &O::on_bad_image,
           word<OnError>({{"stop", OnError::kStop}, {"skip", OnError::kSkip}}),
           "skip: say which image cannot be read and leave it out; stop: fail", "skip"),
  };
}

std::vector<Flag> other_flags() {
  return {
      on_switch(Group::kOther, "help", &Im2recOptions::help, "print this and stop"),
      on_switch(Group::kOther, "version", &Im2recOptions::version, "print the version and stop")};
}

const std::vector<Flag>& flags() {
  static const std::vector<Flag> all = [] {
    std::vector<Flag> table;
    for (auto part : {list_flags(), packing_flags(), other_flags()}) {
      std::ranges::move(part, std::back_inserter(table));
    }
    return table;
  }();
  return all;
}

const Flag& find(const std::string& name) {
  const auto found = std::ranges::find(flags(), name, &Flag::name);
  if (found != flags().end()) return *found;
  std::vector<std::string> known;
  for (const Flag& each : flags()) known.push_back(each.name);
  refuse_unknown_flag(name, known);
}

struct Parsed {
  std::vector<std::string> paths;
  std::vector<GivenFlag> flags;

  bool has(std::string_view name) const {
    return std::ranges::find(flags, name, &GivenFlag::name) != flags.end();
  }
};

// As for im2rec.py, --exts may be followed by several extensions.
Parsed parse(const std::vector<std::string>& arguments) {
  std::vector<FlagForm> forms;
  for (const Flag& each : flags()) forms.push_back({each.name, !each.value.empty()});
  Parsed parsed;
  bool after_exts = false;
  for (GivenFlag& given : parse_command_line(arguments, forms)) {
    if (given.name.empty() && after_exts && looks_like_extension(given.text)) {
      parsed.flags.back().text += "," + given.text;
      continue;
    }
    after_exts = given.name == "exts";
    if (given.name.empty()) {
      parsed.paths.push_back(std::move(given.text));
    } else {
      parsed.flags.push_back(std::move(given));
    }
  }
  return parsed;
}

void take_paths(Im2recOptions& options, const std::vector<std::string>& paths) {
  if (paths.size() < 2) {
    throw Error(
        "PREFIX and ROOT are needed: im2rec PREFIX ROOT, e.g. im2rec data/train photos; "
        "--help says more");
  }
  if (paths.size() > 2) {
    throw Error(
        fmt::format("unexpected argument '{}' after PREFIX and ROOT; flags begin with two "
                    "dashes",
                    paths[2]));
  }
  options.prefix = std::filesystem::absolute(paths[0]).string();
  options.root = paths[1];
  if (!std::filesystem::is_directory(options.root)) {
    throw Error(fmt::format("ROOT is '{}', which is no folder; give the folder of the images",
                            options.root));
  }
}

void check(const Im2recOptions& o, const Parsed& parsed) {
  constexpr double kRounding = 1e-9;
  if (o.train_ratio + o.test_ratio > 1 + kRounding) {
    throw Error(
        fmt::format("--train-ratio is {} and --test-ratio is {}, more than 1 together; give parts "
                    "of a whole",
                    o.train_ratio, o.test_ratio));
  }
  const int low = o.encoding == Encoding::kPng ? 0 : 1;
  const int high = o.encoding == Encoding::kPng ? 9 : 100;
  if (o.quality < low || o.quality > high) {
    throw Error(fmt::format("--quality is '{}'; give {} for {}", o.quality, whole_number(low, high),
                            low == 0 ? ".png" : ".jpg"));
  }
  if (!o.pass_through) return;
  for (const char* name : {"resize", "center-crop", "quality", "color", "encoding"}) {
    if (parsed.has(name)) {
      throw Error(fmt::format(
          "--pass-through packs files as they are, without --{}; give one of the two", name));
    }
  }
}

// Scripts for im2rec.py give all of its flags at once, so these are no error.
std::string flags_without_effect(const Im2recOptions& options, const Parsed& parsed) {
  std::vector<std::string> names;
  for (const Flag& each : flags()) {
    if (each.group != (options.list ? Group::kPacking : Group::kLists)) continue;
    if (parsed.has(each.name)) names.push_back("--" + each.name);
  }
  if (names.empty()) return "";
  return fmt::format("{} {} no effect {} --list", fmt::join(names, ", "),
                     names.size() == 1 ? "has" : "have", options.list ? "with" : "without");
}

}  // namespace

Im2recOptions parse_im2rec_options(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse(arguments);
  Im2recOptions options;
  options.num_thread = usable_threads();
  for (const GivenFlag& given : parsed.flags) find(given.name).set(options, given.text);
  if (options.help || options.version) return options;
  if (options.encoding == Encoding::kPng && !parsed.has("quality")) options.quality = 3;
  take_paths(options, parsed.paths);
  check(options, parsed);
  options.note = flags_without_effect(options, parsed);
  return options;
}

std::string im2rec_help() {
  std::string out =
      "im2rec: packs images into RecordIO files, with the flags of MXNet's im2rec.py\n\n"
      "  im2rec --list --recursive PREFIX ROOT   lists the images below ROOT in PREFIX.lst\n"
      "  im2rec PREFIX ROOT                      packs each PREFIX*.lst into a .rec and an .idx\n";
  const std::pair<Group, const char*> headings[] = {
      {Group::kLists, "Making lists"}, {Group::kPacking, "Packing"}, {Group::kOther, "Other"}};
  for (const auto& [group, title] : headings) {
    out += fmt::format("\n{}:\n", title);
    for (const Flag& each : flags()) {
      if (each.group != group) continue;
      const std::string usage =
          each.value.empty() ? "--" + each.name : "--" + each.name + " " + each.value;
      out += help_entry(usage, each.help, each.standard);
    }
  }
  return out;
}

}  // namespace forebay
