#pragma once

// Folders of images: listing them, with a class per folder or by a pattern.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace forebay {

struct ImageFile {
  std::string path;         // relative to the folder listed
  std::uint32_t label = 0;  // place in ImageListing::classes
};

struct ImageListing {
  std::vector<ImageFile> images;     // a folder's own, then its sub-folders'; each sorted by bytes
  std::vector<std::string> classes;  // relative path of each folder that holds images itself
};

enum class Recursion { kThisFolder, kSubfolders };

struct ListingOptions {
  Recursion recursion = Recursion::kSubfolders;
  /// In lower case, with the dot; names are compared without regard to case.
  std::vector<std::string> extensions = {".jpeg", ".jpg", ".png", ".webp", ".bmp"};
};

/// Lists images as `im2rec.py --recursive` does: each folder that holds images itself is a class,
/// numbered in the order of the listing. Follows links, but not into a folder it is in already.
/// Throws `Error` when `root` or a folder in it cannot be read.
ImageListing list_images(const std::string& root, const ListingOptions& options = {});

/// A graph source of the files below a folder, at any depth, in sorted order. Lists them when it
/// is made; a call does not block.
class ListFiles {
 public:
  /// `pattern` is a shell pattern for the file's name (`*.jpg`); `*` does not match names that
  /// begin with a dot. Throws `Error` when the folder cannot be read.
  explicit ListFiles(const std::string& folder, const std::string& pattern = "*");

  /// The next path (with `folder` in front), nothing after the last.
  std::optional<std::string> operator()();

  std::size_t count() const { return paths_.size(); }

 private:
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
};

}  // namespace forebay
