#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/data_files.hpp>
#include <forebay/nodes/read/folder.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto end = std::min(list.find(';'), list.size());
    if (end > 0) items.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return items;
}

std::vector<std::string> record_files_in(const std::string& folder) {
  std::vector<std::string> paths;
  const ListingOptions options{.recursion = Recursion::kThisFolder, .extensions = {".rec"}};
  for (const ImageFile& file : list_images(folder, options).images) {
    paths.push_back((fs::path(folder) / file.path).string());
  }
  return paths;
}

std::string index_beside(const std::string& path) {
  const std::string index = fs::path(path).replace_extension(".idx").string();
  std::error_code error;
  return path.ends_with(".rec") && fs::exists(index, error) ? index : "";
}

}  // namespace

DataFiles find_data(const std::string& data, const std::string& index) {
  const auto items = split_list(data);
  if (items.empty()) throw Error("no data to read; give a .rec file or a folder of images");
  DataFiles found;
  for (const std::string& item : items) {
    std::error_code error;
    if (!fs::is_directory(item, error)) {
      found.records.push_back({item, ""});
      continue;
    }
    const auto paths = record_files_in(item);
    if (paths.empty() && items.size() == 1) return {{}, item};
    if (paths.empty()) throw Error(fmt::format("cannot read {}: no .rec file is in it", item));
    for (const std::string& path : paths) found.records.push_back({path, ""});
  }
  const auto indices = split_list(index);
  if (!indices.empty() && indices.size() != found.records.size()) {
    throw Error(fmt::format("{} .idx files are given for {} .rec files; give one for each or none",
                            indices.size(), found.records.size()));
  }
  for (std::size_t i = 0; i < found.records.size(); ++i) {
    RecordFile& file = found.records[i];
    file.index = indices.empty() ? index_beside(file.path) : indices[i];
  }
  return found;
}

}  // namespace forebay
