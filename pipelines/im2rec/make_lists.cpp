#include <im2rec/make_lists.hpp>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/folder.hpp>
#include <im2rec/python_shuffle.hpp>

namespace forebay {
namespace {

constexpr std::uint32_t kSeed = 100;  // im2rec.py's

// Entries [begin, end), or as many of them as there are.
std::vector<ListEntry> part(std::span<const ListEntry> entries, std::size_t begin,
                            std::size_t end) {
  begin = std::min(begin, entries.size());
  end = std::min(end, entries.size());
  const auto taken = entries.subspan(begin, end - begin);
  return {taken.begin(), taken.end()};
}

std::vector<ListEntry> list_entries(const Im2recOptions& options, std::ostream& out) {
  const ImageListing listing =
      list_images(options.root,
                  {.recursion = options.recursive ? Recursion::kSubfolders : Recursion::kThisFolder,
                   .extensions = options.exts});
  if (listing.images.empty()) {
    throw Error(fmt::format("no {} files in {}{}", fmt::join(options.exts, " "), options.root,
                            options.recursive ? "; --exts names the files that are images"
                                              : " itself; --recursive looks into its folders"));
  }
  if (options.recursive) {
    for (std::size_t i = 0; i < listing.classes.size(); ++i) {
      const std::string& name = listing.classes[i];
      out << (name.empty() ? "." : name) << ' ' << i << '\n';
    }
  }
  std::vector<ListEntry> entries;
  entries.reserve(listing.images.size());
  for (const ImageFile& image : listing.images) {
    entries.push_back({entries.size(), {static_cast<float>(image.label)}, image.path});
  }
  return entries;
}

std::vector<ListEntry> shuffled(const std::vector<ListEntry>& entries) {
  std::vector<ListEntry> result;
  result.reserve(entries.size());
  for (const std::uint64_t i : python_shuffle(entries.size(), kSeed)) result.push_back(entries[i]);
  return result;
}

}  // namespace

std::vector<ImageList> split(const std::vector<ListEntry>& entries, const Im2recOptions& options) {
  const auto chunks = static_cast<std::size_t>(options.chunks);
  const std::size_t size = (entries.size() + chunks - 1) / chunks;
  const auto share = [size](double ratio) {
    return static_cast<std::size_t>(static_cast<double>(size) * ratio);
  };
  const std::size_t test = share(options.test_ratio);
  const std::size_t train = share(options.train_ratio);
  std::vector<ImageList> lists;
  for (std::size_t i = 0; i < chunks; ++i) {
    const auto chunk = part(entries, i * size, (i + 1) * size);
    const std::string name = chunks > 1 ? options.prefix + '_' + std::to_string(i) : options.prefix;
    if (options.train_ratio == 1) {
      lists.push_back({name + ".lst", chunk});
      continue;
    }
    if (options.test_ratio > 0) lists.push_back({name + "_test.lst", part(chunk, 0, test)});
    lists.push_back({name + "_train.lst", part(chunk, test, test + train)});
    if (options.train_ratio + options.test_ratio < 1) {
      lists.push_back({name + "_val.lst", part(chunk, test + train, chunk.size())});
    }
  }
  return lists;
}

void make_lists(const Im2recOptions& options, std::ostream& out) {
  const auto entries = list_entries(options, out);
  for (const ImageList& list : split(options.no_shuffle ? entries : shuffled(entries), options)) {
    write_list(list.path, list.entries);
    out << list.path << ": " << list.entries.size() << " images\n";
  }
}

}  // namespace forebay
