#include <make_photos/options.hpp>

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string_view>

#include <common/command_line.hpp>
#include <common/flag_text.hpp>
#include <common/flag_values.hpp>
#include <forebay/graph/error.hpp>
#include <make_photos/pattern.hpp>

namespace forebay {
namespace {

constexpr int kSmallestSide = 8, kLargestSide = 10'000;

struct Flag {
  std::string name, value, help, standard;
  std::function<void(PhotoOptions&, const std::string&)> set;
};

template <class T>
Flag flag(std::string name, std::string value, T PhotoOptions::*field, Reader<T> reader,
          std::string help, std::string standard) {
  Flag made{name, std::move(value), std::move(help), std::move(standard), {}};
  made.set = [=](PhotoOptions& options, const std::string& text) {
    const auto parsed = reader.read(text);
    if (!parsed) throw Error(fmt::format("--{} is '{}'; give {}", name, text, reader.wants));
    options.*field = *parsed;
  };
  return made;
}

Reader<PhotoSize> size() {
  return {fmt::format("width and height from {} to {} pixels, e.g. 500x375", kSmallestSide,
                      kLargestSide),
          [](std::string_view text) -> std::optional<PhotoSize> {
            const std::size_t cross = text.find('x');
            if (cross == text.npos) return std::nullopt;
            const Reader<int> side = whole(kSmallestSide, kLargestSide);
            const auto width = side.read(text.substr(0, cross));
            const auto height = side.read(text.substr(cross + 1));
            if (!width || !height) return std::nullopt;
            return PhotoSize{*width, *height};
          }};
}

const std::vector<Flag>& flags() {
  using O = PhotoOptions;
  const auto most = static_cast<std::int64_t>(pattern_names().size());
  static const std::vector<Flag> all{
      flag("images", "N", &O::images, whole<std::size_t>(1, 100'000'000),
           "photos to make, shared evenly among the classes", "1000"),
      flag("classes", "N", &O::classes, whole<std::size_t>(2, most), fmt::format("2 to {}", most),
           "10"),
      flag("size", "WxH", &O::size, size(), "width and height in pixels", "500x375"),
      flag("quality", "N", &O::quality, whole(1, 100), "of the JPEG files, 1 to 100", "95"),
      flag("seed", "N", &O::seed, whole<std::uint64_t>(0), "the same seed makes the same files",
           "0"),
      flag("help", "", &O::help, on_or_off(), "print this and stop", "")};
  return all;
}

void set_flag(PhotoOptions& options, const GivenFlag& given) {
  std::vector<std::string> names;
  for (const Flag& known : flags()) {
    if (known.name == given.name) return known.set(options, given.text);
    names.push_back(known.name);
  }
  refuse_unknown_flag(given.name, names);
}

}  // namespace

std::string photo_help() {
  std::string text =
      "make_photos OUT [flags]\n\nMakes photo-like JPEG files in a folder per class, e.g. "
      "OUT/rings/rings-00007.jpg. Classes differ\nin shape and texture, not in colour.\n\n";
  for (const Flag& known : flags()) {
    const std::string usage = "--" + known.name + (known.value.empty() ? "" : " " + known.value);
    text += help_entry(usage, known.help, known.standard);
  }
  return text;
}

PhotoOptions parse_photo_options(const std::vector<std::string>& arguments) {
  std::vector<FlagForm> forms;
  for (const Flag& known : flags()) forms.push_back({known.name, !known.value.empty()});
  PhotoOptions options;
  std::vector<std::string> folders;
  for (const GivenFlag& given : parse_command_line(arguments, forms)) {
    if (given.name.empty()) {
      folders.push_back(given.text);
    } else {
      set_flag(options, given);
    }
  }
  if (options.help) return options;
  if (folders.size() != 1) {
    throw Error(fmt::format("{} output folders are given; give one", folders.size()));
  }
  options.folder = folders.front();
  return options;
}

}  // namespace forebay
