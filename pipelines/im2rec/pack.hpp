#pragma once

// im2rec without --list: from .lst files to .rec and .idx files.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <im2rec/options.hpp>

namespace forebay {

/// What became of a list.
struct Packed {
  std::string path;  // of the .rec
  std::uint64_t packed = 0;
  std::uint64_t skipped = 0;  // bad images
  std::uint64_t bytes = 0;    // of the .rec
  bool interrupted = false;   // then there are no files
};

/// Told while a list is packed, in list order, from one thread at a time.
struct PackListener {
  /// After each image, packed or not.
  std::function<void()> image_done = [] {};
  std::function<void(std::string_view path, std::string_view what)> bad_image =
      [](std::string_view, std::string_view) {};
  /// Asked before each image; true ends the run.
  std::function<bool()> interrupted = [] { return false; };
};

/// PREFIX*.lst, or the .lst files in the folder PREFIX, in sorted order. Throws `Error` when there
/// is none and when the folder cannot be read.
std::vector<std::string> find_lists(const std::string& prefix);

/// Number of images in the list. Throws `Error` where it is empty or no list.
std::uint64_t count_images(const std::string& list);

/// Packs one .lst into the .rec and .idx of its name, byte for byte the same for any number of
/// threads:
///
///     list ─► read ─► encode ─► write
///
/// They appear under their names when they are complete; until then they end in ".tmp". Throws
/// `Error` when a file cannot be written, when no image of the list can be read, and for a bad
/// image with OnError::kStop.
Packed pack_list(const std::string& list, const Im2recOptions& options,
                 const PackListener& listener = {});

}  // namespace forebay
