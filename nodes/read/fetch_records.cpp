#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/fetcher.hpp>
#include <forebay/nodes/read/file.hpp>
#include <forebay/nodes/read/recordio.hpp>

namespace forebay {
namespace {

// Records, or runs of neighbours, that the kernel fetches beyond the one being waited for. From a
// cold virtual disk 16 gave 2 to 3 times the records/s of none, 64 no more.
constexpr std::uint64_t kPlacesAhead = 16;

// The same for blocks of a mixed order: 4 gave 1.28 times the MB/s of 1, 8 no more than 4.
constexpr std::uint64_t kBlocksAhead = 4;

// Open files; data sets of more files than a process may open are read too.
class OpenFiles {
 public:
  OpenFiles(const std::vector<RecordFile>& files, Access access)
      : files_(files), access_(access), open_(files.size()) {}

  // The reference holds until the next call.
  const File& get(std::size_t index) {
    if (!open_[index]) {
      if (opened_.size() == kMostOpen) {
        open_[opened_.front()].reset();
        opened_.pop_front();
      }
      open_[index].emplace(files_[index].path);
      open_[index]->advise(access_);
      opened_.push_back(index);
    }
    return *open_[index];
  }

 private:
  static constexpr std::size_t kMostOpen = 128;

  const std::vector<RecordFile>& files_;
  Access access_;
  std::vector<std::optional<File>> open_;
  std::deque<std::size_t> opened_;  // longest open first
};

// Neighbouring records of one file.
struct Run {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::size_t file = 0;
  std::uint64_t begin = 0;  // bytes of the file
  std::uint64_t end = 0;

  bool holds(std::uint32_t record) const { return record - first < count; }
};

struct LoadedRun {
  Run run;
  BlockPool::Block memory;
};

class RecordFetcher final : public Fetcher {
 public:
  RecordFetcher(std::shared_ptr<const RecordTable> table, FetchOptions options,
                std::shared_ptr<BlockPool> pool, ReadCounters& counters, const Known& known)
      : table_(std::move(table)),
        options_(std::move(options)),
        block_bytes_(pool->block_bytes()),
        filler_(std::move(pool)),
        counters_(counters),
        known_(known),
        files_(table_->files(), options_.access) {}

  void begin_pass(const PassOrder& order, Places places) override {
    order_ = &order;
    places_ = places;
    advised_ = 0;
    loaded_.clear();
    ranks_.resize(order.visits().size());
    for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) ranks_[order.visits()[rank]] = rank;
  }

  Record fetch(std::uint64_t place) override {
    const std::uint32_t record = order_->record(place);
    if (const auto known = knowledge(record)) return make_known(record, *known);
    const auto held = std::ranges::find_if(
        loaded_, [&](const LoadedRun& loaded) { return loaded.run.holds(record); });
    if (held != loaded_.end()) return make_record(*held, record);
    if (order_->visits().empty()) {
      load_run(place);
    } else {
      load_block(record);
    }
    return make_record(loaded_.back(), record);
  }

 private:
  std::optional<KnownRecord> knowledge(std::uint32_t record) const {
    return known_ ? known_(record) : std::nullopt;
  }

  // The records from `place` on that lie one after the other in their file, up to a block; those
  // that are known end it.
  Run run_from(std::uint64_t place) const {
    const std::uint32_t first = order_->record(place);
    const auto start = table_->place(first);
    Run run{first, 1, start.file, start.begin, start.end};
    for (++place; place < places_.end && order_->record(place) == first + run.count; ++place) {
      const auto next = table_->place(first + run.count);
      if (next.file != run.file || next.end - run.begin > block_bytes_) break;
      if (knowledge(first + run.count)) break;
      run.end = next.end;
      ++run.count;
    }
    return run;
  }

  void load_run(std::uint64_t place) {
    loaded_.clear();  // before taking memory: its block may be free then
    const Run run = run_from(place);
    load(run);
    const std::uint64_t next = place + run.count;
    advised_ = std::max(advised_, next);
    while (advised_ < std::min(next + kPlacesAhead, places_.end)) {
      if (knowledge(order_->record(advised_))) {
        ++advised_;
        continue;
      }
      const Run ahead = run_from(advised_);
      files_.get(ahead.file).will_need(ahead.begin, ahead.end - ahead.begin);
      advised_ += ahead.count;
    }
  }

  Run block_run(std::uint32_t block) const {
    const std::uint32_t first = options_.block_begins[block];
    const std::uint32_t next = options_.block_begins[block + 1];
    const auto start = table_->place(first);
    return {first, next - first, start.file, start.begin, table_->place(next - 1).end};
  }

  void load_block(std::uint32_t record) {
    const auto& begins = options_.block_begins;
    const auto after = std::ranges::upper_bound(begins, record);
    const auto block = static_cast<std::uint32_t>(after - begins.begin()) - 1;
    if (loaded_.size() == options_.window) drop_earliest();
    load(block_run(block));
    const std::uint64_t next = ranks_[block] + 1;
    advised_ = std::max(advised_, next);
    for (; advised_ < std::min(next + kBlocksAhead, ranks_.size()); ++advised_) {
      const Run ahead = block_run(order_->visits()[advised_]);
      if (all_known(ahead)) continue;
      files_.get(ahead.file).will_need(ahead.begin, ahead.end - ahead.begin);
    }
  }

  bool all_known(const Run& run) const {
    if (!known_) return false;
    std::uint32_t count = 0;
    while (count < run.count && known_(run.first + count)) ++count;
    return count == run.count;
  }

  // The block visited first is the one that the order no longer needs.
  void drop_earliest() {
    const auto& begins = options_.block_begins;
    const auto rank = [&](const LoadedRun& loaded) {
      const auto at = std::ranges::lower_bound(begins, loaded.run.first);
      return ranks_[static_cast<std::size_t>(at - begins.begin())];
    };
    loaded_.erase(std::ranges::min_element(loaded_, {}, rank));
  }

  void load(const Run& run) {
    const auto memory = filler_.take(run.end - run.begin);
    files_.get(run.file).read(run.begin, memory.bytes);
    counters_.reads += 1;
    counters_.bytes += memory.bytes.size();
    loaded_.push_back({run, memory});
  }

  Record name_record(std::uint32_t index, const RecordTable::Place& place) const {
    Record record;
    record.index = index;
    record.number = place.number;
    record.file = &table_->files()[place.file].path;
    return record;
  }

  Record make_known(std::uint32_t index, const KnownRecord& known) const {
    Record record = name_record(index, table_->place(index));
    record.id = known.id;
    record.labels = known.labels;
    return record;
  }

  Record make_record(const LoadedRun& loaded, std::uint32_t index) const {
    const auto place = table_->place(index);
    Record record = name_record(index, place);
    record.owner = loaded.memory.owner;
    try {
      fill(record,
           loaded.memory.bytes.subspan(place.begin - loaded.run.begin, place.end - place.begin));
    } catch (const Error& error) {
      const std::string& index_file = table_->files()[place.file].index;
      const std::string advice = index_file.empty() ? "" : fmt::format(" or remake {}", index_file);
      throw Error(
          fmt::format("{}, record {} at byte {}: {}; the file is damaged: copy or pack it again{}",
                      *record.file, place.number, place.begin, error.what(), advice));
    }
    check_labels(record);
    return record;
  }

  static void fill(Record& record, std::span<const std::byte> bytes) {
    ParsedRecord parsed = parse_record(bytes);
    if (parsed.size != bytes.size()) {
      throw Error(fmt::format("the record takes {} bytes, but the next one begins after {}",
                              parsed.size, bytes.size()));
    }
    const ImageParts parts = unpack(parsed.payload);
    record.image = parts.image;
    record.labels = parts.labels;
    record.id = parts.header.id;
    if (!parsed.joined.empty()) {
      record.owner = std::make_shared<std::vector<std::byte>>(std::move(parsed.joined));
    }
  }

  void check_labels(const Record& record) const {
    if (record.labels.size() == options_.label_width) return;
    throw Error(fmt::format(
        "{}: label_width is {}, but the record has {}; set label_width to {} or pack it again",
        describe(record), options_.label_width, record.labels.size(), record.labels.size()));
  }

  std::shared_ptr<const RecordTable> table_;
  FetchOptions options_;
  std::uint64_t block_bytes_;
  BlockFiller filler_;
  ReadCounters& counters_;
  const Known& known_;
  OpenFiles files_;

  const PassOrder* order_ = nullptr;
  Places places_;
  std::uint64_t advised_ = 0;         // the kernel knows of the places, or visits, before this one
  std::vector<std::uint32_t> ranks_;  // of each block in the visits of a mixed order
  std::vector<LoadedRun> loaded_;     // one run, or the blocks of the window
};

}  // namespace

std::unique_ptr<Fetcher> fetch_records(std::shared_ptr<const RecordTable> table,
                                       FetchOptions options, std::shared_ptr<BlockPool> pool,
                                       ReadCounters& counters, const Known& known) {
  return std::make_unique<RecordFetcher>(std::move(table), std::move(options), std::move(pool),
                                         counters, known);
}

}  // namespace forebay
