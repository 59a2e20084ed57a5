#pragma once

// What im2rec was asked to do: the command line as plain values.

#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/settings.hpp>

namespace forebay {

enum class Color : std::uint8_t { kAsStored, kGray, kColor };
enum class Encoding : std::uint8_t { kJpeg, kPng };

/// Named as im2rec.py's flags; the values are the defaults.
struct Im2recOptions {
  std::string prefix = "";  // of the .lst, .rec and .idx files; absolute
  std::string root = "";    // folder that the paths in a .lst begin at

  // Making lists.
  bool list = false;
  std::vector<std::string> exts = {".jpeg", ".jpg", ".png"};  // in lower case
  std::int64_t chunks = 1;
  double train_ratio = 1;
  double test_ratio = 0;
  bool recursive = false;
  bool no_shuffle = false;

  // Packing.
  bool pass_through = false;
  int resize = 0;  // shorter side in pixels; 0 keeps the size
  bool center_crop = false;
  int quality = 95;  // JPEG's; for PNG the level of compression
  int num_thread = 1;
  Color color = Color::kColor;
  Encoding encoding = Encoding::kJpeg;
  int restart_rows = 0;  // rows of blocks between restart markers of JPEGs; 0: none are added
  bool pack_label = false;
  OnError on_bad_image = OnError::kSkip;

  bool help = false;
  bool version = false;

  std::string note = "";  // names the flags that were given without effect; empty: none
};

/// Reads the command line, without the program's name. Throws `Error` with one line that names the
/// flag, what was given and what to give. With help or version set, nothing else is checked.
Im2recOptions parse_im2rec_options(const std::vector<std::string>& arguments);

/// --help: grouped, at most 100 columns.
std::string im2rec_help();

}  // namespace forebay
