#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/block_pool.hpp>
#include <forebay/nodes/read/data_files.hpp>
#include <forebay/nodes/read/fetcher.hpp>
#include <forebay/nodes/read/folder.hpp>
#include <forebay/nodes/read/order.hpp>
#include <forebay/nodes/read/reader.hpp>

namespace forebay {
namespace {

constexpr std::size_t kUnusedBlocksKept = 32;

void check_options(const ReaderOptions& options) {
  if (options.parts == 0) throw Error("parts is 0; give 1 or more");
  if (options.part >= options.parts) {
    throw Error(fmt::format("part is {} of {} parts; give 0 to {}", options.part, options.parts,
                            options.parts - 1));
  }
  if (options.label_width == 0) throw Error("label_width is 0; give 1 or more");
  if (options.block_bytes == 0) throw Error("block_bytes is 0; give 1 or more");
  if (options.window == 0) throw Error("window is 0; give 1 or more");
}

std::shared_ptr<const LabelledFiles> label(const ImageListing& listing, const std::string& folder) {
  if (listing.images.empty()) {
    throw Error(
        fmt::format("cannot read {}: neither .rec files nor images (.jpeg, .jpg, .png, "
                    ".webp, .bmp) are in it",
                    folder));
  }
  auto files = std::make_shared<LabelledFiles>();
  for (const ImageFile& image : listing.images) {
    files->paths.push_back((std::filesystem::path(folder) / image.path).string());
    files->labels.push_back(static_cast<float>(image.label));
  }
  return files;
}

}  // namespace

struct RecordReader::State {
  explicit State(ReaderOptions given) : options(std::move(given)) {
    check_options(options);
    pool = std::make_shared<BlockPool>(options.block_bytes, kUnusedBlocksKept);
    const DataFiles data = find_data(options.data, options.index);
    if (data.image_folder.empty()) {
      open_records(data.records);
    } else {
      open_images(data.image_folder);
    }
    places = places_of_part(total, options.part, options.parts);
    if (places.size() == 0) {
      throw Error(fmt::format("part {} of {} of {} has no records, there are {}; use fewer parts",
                              options.part, options.parts, options.data, total));
    }
  }

  void open_records(const std::vector<RecordFile>& files) {
    const auto table = std::make_shared<const RecordTable>(files);
    total = table->count();
    const bool whole = options.shuffle_by == ShuffleBy::kRecords ||
                       (options.shuffle_by == ShuffleBy::kAuto && table->indexed());
    if (options.shuffle && !whole) block_begins = table->cut_blocks(options.block_bytes);
    fetcher = fetch_records(table,
                            {.label_width = options.label_width,
                             .access = options.shuffle ? Access::kRandom : Access::kSequential,
                             .window = options.window,
                             .block_begins = block_begins},
                            pool, counters, known);
    const std::string shuffled =
        whole ? "shuffled" : fmt::format("shuffled in {} blocks", block_begins.size() - 1);
    description = fmt::format("{}: {} records, {}", options.data, total,
                              options.shuffle ? shuffled : "in order");
  }

  void open_images(const std::string& folder) {
    if (options.label_width != 1) {
      throw Error(
          fmt::format("label_width is {}, but images in folders have one label; leave it "
                      "out",
                      options.label_width));
    }
    ImageListing listing = list_images(folder);
    const auto files = label(listing, folder);
    classes = std::move(listing.classes);
    total = files->paths.size();
    fetcher = fetch_files(files, pool, counters, known);
    description = fmt::format("{}: {} images, {}", options.data, total,
                              options.shuffle ? "shuffled" : "in order");
  }

  PassOrder order_of(std::uint64_t number) const {
    if (!options.shuffle) return PassOrder::in_sequence(total);
    if (block_begins.empty()) return PassOrder::shuffled(total, options.seed, number);
    return PassOrder::mixed(block_begins, options.window, options.seed, number);
  }

  void seek(std::uint64_t begin, std::uint64_t new_end) {
    const std::uint64_t count = places.size();
    if (new_end == 0) new_end = begin > kForever - count ? kForever : (begin / count + 1) * count;
    if (begin > new_end) {
      throw Error(
          fmt::format("cannot read from position {} to {}; the end must not be before the "
                      "begin",
                      begin, new_end));
    }
    position = begin;
    end = new_end;
    order.reset();  // what is loaded is of no use elsewhere, or of little
  }

  std::optional<Record> next() {
    if (position >= end) return std::nullopt;
    const std::uint64_t wanted = position / places.size();
    if (!order || pass != wanted) {
      order = order_of(wanted);
      pass = wanted;
      fetcher->begin_pass(*order, places);
    }
    const std::uint64_t at = position++;
    Record record = fetcher->fetch(places.begin + at % places.size());
    record.position = at;
    return record;
  }

  ReaderOptions options;
  std::shared_ptr<BlockPool> pool;
  ReadCounters counters;
  Known known;
  std::vector<std::uint32_t> block_begins;  // empty: no block shuffle
  std::unique_ptr<Fetcher> fetcher;
  std::string description;
  std::vector<std::string> classes;
  std::uint64_t total = 0;
  Places places;  // of this part in each pass

  std::uint64_t position = 0;
  std::uint64_t end = 0;
  std::uint64_t pass = 0;
  std::optional<PassOrder> order;  // of `pass`
};

RecordReader::RecordReader(ReaderOptions options)
    : state_(std::make_unique<State>(std::move(options))) {
  state_->seek(state_->options.begin, state_->options.end);
}

RecordReader::~RecordReader() = default;
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;

std::optional<Record> RecordReader::operator()() { return state_->next(); }

void RecordReader::seek(std::uint64_t begin, std::uint64_t end) { state_->seek(begin, end); }

void RecordReader::skip_known(Known known) { state_->known = std::move(known); }

std::uint64_t RecordReader::position() const { return state_->position; }
std::uint64_t RecordReader::end() const { return state_->end; }
std::uint64_t RecordReader::count() const { return state_->places.size(); }
std::uint64_t RecordReader::total() const { return state_->total; }

std::string RecordReader::describe() const {
  if (state_->options.parts == 1) return state_->description;
  return fmt::format("{}; part {} of {} has {}", state_->description, state_->options.part,
                     state_->options.parts, count());
}

const std::vector<std::string>& RecordReader::classes() const { return state_->classes; }

ReaderStats RecordReader::stats() const {
  return {.reads = state_->counters.reads,
          .bytes = state_->counters.bytes,
          .blocks_in_use = state_->pool->in_use(),
          .blocks_allocated = state_->pool->allocated()};
}

}  // namespace forebay
