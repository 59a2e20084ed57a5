// Makes a set of photo-like images to train on where no real ones are at hand.
//
//     number ─► draw ─► encode ─► save

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/random.hpp>
#include <make_photos/options.hpp>
#include <make_photos/pattern.hpp>
#include <make_photos/photo.hpp>

namespace {

using namespace forebay;

struct Drawn {
  std::size_t number = 0;
  Image image;
};

struct Encoded {
  std::string path;
  std::vector<std::byte> bytes;
};

std::string describe(const Encoded& file) { return file.path; }

std::string class_folder(const PhotoOptions& options, std::size_t kind) {
  return fmt::format("{}/{}", options.folder, pattern_names()[kind]);
}

std::string path_of(const PhotoOptions& options, std::size_t number) {
  const std::size_t kind = number % options.classes;
  return fmt::format("{}/{}-{:05d}.jpg", class_folder(options, kind), pattern_names()[kind],
                     number / options.classes);
}

void make_folders(const PhotoOptions& options) {
  for (std::size_t kind = 0; kind < options.classes; ++kind) {
    std::error_code error;
    std::filesystem::create_directories(class_folder(options, kind), error);
    if (error) {
      throw Error(fmt::format("creating the folder \"{}\": {}; give another output folder",
                              class_folder(options, kind), error.message()));
    }
  }
}

void write_file(const Encoded& file) {
  const auto fail = [&] { throw system_error("writing \"" + file.path + "\"", errno); };
  const int descriptor = open(file.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) fail();
  std::span<const std::byte> rest = file.bytes;
  ssize_t written = 0;
  while (!rest.empty() && (written = write(descriptor, rest.data(), rest.size())) > 0) {
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  const int error = rest.empty() ? 0 : errno;
  if (close(descriptor) == 0 && error == 0) return;
  if (error != 0) errno = error;
  unlink(file.path.c_str());
  fail();
}

void make_photos(const PhotoOptions& options) {
  make_folders(options);
  const ImagePool pool;
  const auto cores = static_cast<std::size_t>(usable_threads());
  std::size_t bytes = 0;

  Graph graph("make_photos");
  const auto number = graph.source("number", NodeSettings{},
                                   [next = std::size_t{0}, all = options.images]() mutable {
                                     return next < all ? std::optional(next++) : std::nullopt;
                                   });
  const auto draw =
      graph.transform("draw", {.concurrency = cores}, [&options, pool](std::size_t which) {
        Drawn drawn{which, pool.take(options.size.height, options.size.width, 3)};
        draw_photo(which % options.classes, Random(options.seed, which), drawn.image);
        return drawn;
      });
  const auto encode =
      graph.transform("encode", {.concurrency = cores}, [&options](const Drawn& drawn) {
        return Encoded{path_of(options, drawn.number), encode_jpeg(drawn.image, options.quality)};
      });
  const auto save =
      graph.sink("save", {.run_on = RunOn::kOwnThreads}, [&bytes](const Encoded& file) {
        write_file(file);
        bytes += file.bytes.size();
      });
  number >> draw >> encode >> save;
  const GraphSnapshot end = graph.run();
  std::cout << fmt::format("{}: {} photos of {} classes, {:.0f} kB each, in {:.1f} s\n",
                           options.folder, options.images, options.classes,
                           static_cast<double>(bytes) / static_cast<double>(options.images) / 1e3,
                           static_cast<double>(end.elapsed) * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kFailed = 1, kWrongUse = 2;
  int code_of_failure = kWrongUse;
  try {
    const PhotoOptions options = parse_photo_options({argv + 1, argv + argc});
    if (options.help) {
      std::cout << photo_help();
      return 0;
    }
    code_of_failure = kFailed;
    make_photos(options);
  } catch (const std::exception& error) {
    std::cerr << "make_photos: " << error.what() << '\n';
    return code_of_failure;
  }
}
