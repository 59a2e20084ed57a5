#pragma once

// What make_photos was asked to do.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forebay {

struct PhotoSize {
  int width = 500, height = 375;  // pixels
};

struct PhotoOptions {
  std::string folder;
  std::size_t images = 1000;
  std::size_t classes = 10;  // 2 to as many as there are patterns
  PhotoSize size;
  std::uint64_t seed = 0;
  int quality = 95;
  bool help = false;
};

/// Reads the command line, without the program's name. Throws `Error` with one line that names
/// what was wrong and what to give.
PhotoOptions parse_photo_options(const std::vector<std::string>& arguments);

std::string photo_help();

}  // namespace forebay
