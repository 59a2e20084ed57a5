#include <cstring>
#include <utility>

#include <forebay/nodes/read/fetcher.hpp>
#include <forebay/nodes/read/file.hpp>

namespace forebay {
namespace {

class FileFetcher final : public Fetcher {
 public:
  FileFetcher(std::shared_ptr<const LabelledFiles> files, std::shared_ptr<BlockPool> pool,
              ReadCounters& counters, const Known& known)
      : files_(std::move(files)), filler_(std::move(pool)), counters_(counters), known_(known) {}

  void begin_pass(const PassOrder& order, Places) override { order_ = &order; }

  Record fetch(std::uint64_t place) override {
    const std::uint32_t number = order_->record(place);
    Record record;
    record.id = record.index = number;
    record.number = Record::kWholeFile;
    record.file = &files_->paths[number];
    if (const auto known = known_ ? known_(number) : std::nullopt) {
      record.labels = known->labels;
    } else {
      read(number, record);
    }
    return record;
  }

 private:
  // A piece of a block holds the label and then the file.
  void read(std::uint32_t number, Record& record) {
    const File file(files_->paths[number]);
    const auto piece = filler_.take(sizeof(float) + file.size());
    std::memcpy(piece.bytes.data(), &files_->labels[number], sizeof(float));
    const auto image = piece.bytes.subspan(sizeof(float));
    file.read(0, image);
    counters_.reads += 1;
    counters_.bytes += image.size();

    record.image = image;
    record.labels = {reinterpret_cast<const float*>(piece.bytes.data()), 1};
    record.owner = piece.owner;
  }

  std::shared_ptr<const LabelledFiles> files_;
  BlockFiller filler_;
  ReadCounters& counters_;
  const Known& known_;
  const PassOrder* order_ = nullptr;
};

}  // namespace

std::unique_ptr<Fetcher> fetch_files(std::shared_ptr<const LabelledFiles> files,
                                     std::shared_ptr<BlockPool> pool, ReadCounters& counters,
                                     const Known& known) {
  return std::make_unique<FileFetcher>(std::move(files), std::move(pool), counters, known);
}

}  // namespace forebay
