#pragma once

// im2rec --list: from a folder of images to .lst files.

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <forebay/nodes/read/list.hpp>
#include <im2rec/options.hpp>

namespace forebay {

/// A .lst to write.
struct ImageList {
  std::string path;
  std::vector<ListEntry> entries;
};

/// Splits `entries` as im2rec.py does: into chunks, and each of these into test, training and
/// validation images, in this order. Parts are rounded down.
std::vector<ImageList> split(const std::vector<ListEntry>& entries, const Im2recOptions& options);

/// Lists the images below `options.root`, shuffles and splits them and writes the lists; tells
/// `out` the classes ("cats 0"), as im2rec.py does, and what was written. Throws `Error` when there
/// is no image.
void make_lists(const Im2recOptions& options, std::ostream& out);

}  // namespace forebay
