#include <make_photos/options.hpp>

#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <forebay/graph/error.hpp>
#include <make_photos/pattern.hpp>

namespace forebay {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t kMostImages = 100'000'000;
constexpr int kSmallestSide = 8, kLargestSide = 10'000;

po::options_description visible_flags() {
  po::options_description flags("Flags");
  flags.add_options()("images", po::value<std::string>()->value_name("N")->default_value("1000"),
                      "photos to make, shared evenly among the classes")(
      "classes", po::value<std::string>()->value_name("N")->default_value("10"), "2 to 10")(
      "size", po::value<std::string>()->value_name("WxH")->default_value("500x375"),
      "width and height in pixels")("quality",
                                    po::value<std::string>()->value_name("Q")->default_value("95"),
                                    "of the JPEG files, 1 to 100")(
      "seed", po::value<std::string>()->value_name("N")->default_value("0"),
      "the same seed makes the same files")("help", "print this");
  return flags;
}

std::uint64_t whole_number(const std::string& flag, const std::string& text, std::uint64_t least,
                           std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw Error(
        fmt::format("--{} is '{}'; give a whole number from {} to {}", flag, text, least, most));
  }
  return value;
}

void parse_size(const std::string& text, PhotoOptions& options) {
  int width = 0, height = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, width);
  const bool crossed = first.ec == std::errc() && first.ptr != end && *first.ptr == 'x';
  const auto second = std::from_chars(crossed ? first.ptr + 1 : end, end, height);
  const auto fits = [](int side) { return side >= kSmallestSide && side <= kLargestSide; };
  if (second.ec != std::errc() || second.ptr != end || !fits(width) || !fits(height)) {
    throw Error(
        fmt::format("--size is '{}'; give width and height from {} to {} pixels, e.g. 500x375",
                    text, kSmallestSide, kLargestSide));
  }
  options.width = width;
  options.height = height;
}

po::variables_map read(const std::vector<std::string>& arguments) {
  po::options_description all = visible_flags();
  all.add_options()("folder", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("folder", -1);
  using namespace po::command_line_style;
  po::variables_map values;
  try {
    po::store(po::command_line_parser(arguments)
                  .options(all)
                  .positional(positions)
                  .style(allow_long | long_allow_adjacent | long_allow_next)
                  .run(),
              values);
  } catch (const po::error& error) {
    throw Error(fmt::format("{}; --help lists the flags", error.what()));
  }
  return values;
}

}  // namespace

std::string photo_help() {
  std::ostringstream text;
  text << "make_photos OUT [flags]\n\nMakes photo-like JPEG files in a folder per class, e.g. "
          "OUT/rings/rings-00007.jpg. Classes differ\nin shape and texture, not in colour.\n\n"
       << visible_flags();
  return text.str();
}

PhotoOptions parse_photo_options(const std::vector<std::string>& arguments) {
  const po::variables_map values = read(arguments);
  PhotoOptions options;
  options.help = values.contains("help");
  if (options.help) return options;
  const auto folders = values.contains("folder") ? values["folder"].as<std::vector<std::string>>()
                                                 : std::vector<std::string>{};
  if (folders.size() != 1) {
    throw Error(fmt::format("{} output folders are given; give one", folders.size()));
  }
  options.folder = folders.front();
  const auto text = [&](const char* flag) { return values[flag].as<std::string>(); };
  options.images = whole_number("images", text("images"), 1, kMostImages);
  options.classes = whole_number("classes", text("classes"), 2, pattern_names().size());
  options.seed = whole_number("seed", text("seed"), 0, ~std::uint64_t{0});
  options.quality = static_cast<int>(whole_number("quality", text("quality"), 1, 100));
  parse_size(text("size"), options);
  return options;
}

}  // namespace forebay
