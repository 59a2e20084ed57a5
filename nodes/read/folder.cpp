#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/folder.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

struct FolderContent {
  std::vector<std::string> files;  // names, sorted
  std::vector<std::string> folders;
};

[[noreturn]] void throw_unreadable(const fs::path& folder, std::error_code error) {
  throw Error(fmt::format("cannot list the folder {}: {}", folder.string(), error.message()));
}

FolderContent read_folder(const fs::path& folder) {
  FolderContent content;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code broken_link;  // is neither
    if (it->is_directory(broken_link)) {
      content.folders.push_back(it->path().filename().string());
    } else if (it->is_regular_file(broken_link)) {
      content.files.push_back(it->path().filename().string());
    }
  }
  if (error) throw_unreadable(folder, error);
  std::ranges::sort(content.files);
  std::ranges::sort(content.folders);
  return content;
}

// Walks a tree in sorted order, each folder's files before its sub-folders.
class Walk {
 public:
  using Visit = std::function<void(const fs::path& folder, const std::vector<std::string>& files)>;

  Walk(fs::path root, Recursion recursion, Visit visit)
      : root_(std::move(root)), recursion_(recursion), visit_(std::move(visit)) {}

  void run() { enter({}); }

 private:
  // `relative` is empty for the root.
  void enter(const fs::path& relative) {
    const fs::path folder = relative.empty() ? root_ : root_ / relative;
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error) throw_unreadable(folder, error);
    if (std::ranges::find(inside_, real) != inside_.end()) return;  // a link back to a parent
    inside_.push_back(real);
    const FolderContent content = read_folder(folder);
    visit_(relative, content.files);
    if (recursion_ == Recursion::kSubfolders) {
      for (const std::string& name : content.folders) enter(relative / name);
    }
    inside_.pop_back();
  }

  fs::path root_;
  Recursion recursion_;
  Visit visit_;
  std::vector<fs::path> inside_;  // real paths of the folders being walked
};

std::string lower_extension(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return extension;
}

}  // namespace

ImageListing list_images(const std::string& root, const ListingOptions& options) {
  ImageListing listing;
  const auto visit = [&](const fs::path& folder, const std::vector<std::string>& files) {
    const auto label = static_cast<std::uint32_t>(listing.classes.size());
    const std::size_t before = listing.images.size();
    for (const std::string& name : files) {
      if (std::ranges::find(options.extensions, lower_extension(name)) !=
          options.extensions.end()) {
        listing.images.push_back({(folder / name).string(), label});
      }
    }
    if (listing.images.size() > before) listing.classes.push_back(folder.string());
  };
  Walk(root, options.recursion, visit).run();
  return listing;
}

ListFiles::ListFiles(const std::string& folder, const std::string& pattern) {
  const auto visit = [&](const fs::path& relative, const std::vector<std::string>& files) {
    for (const std::string& name : files) {
      if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) {
        paths_.push_back((fs::path(folder) / relative / name).string());
      }
    }
  };
  Walk(folder, Recursion::kSubfolders, visit).run();
}

std::optional<std::string> ListFiles::operator()() {
  if (next_ == paths_.size()) return std::nullopt;
  return paths_[next_++];
}

}  // namespace forebay
