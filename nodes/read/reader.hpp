#pragma once

// The graph source that reads records: which ones, in which order, from where to where.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <forebay/nodes/read/record.hpp>

namespace forebay {

/// How records are mixed when `shuffle` is set.
enum class ShuffleBy {
  kAuto,     // kRecords with an .idx and for image folders, else kBlocks
  kRecords,  // any order is equally likely; every record is a read of its own
  kBlocks,   // blocks of neighbours in random order, mixed over a window; reads are large
};

struct ReaderOptions {
  /// A .rec, a folder of .rec files, several of these separated by ';', or a folder of images
  /// (each folder with images is a class, numbered in sorted order: see `list_images`).
  std::string data;
  /// The .idx of each .rec, separated by ';'. Empty: the one beside a .rec, where there is one;
  /// without it the file is scanned once when opened, about one small read per record (seconds
  /// when the file is in memory, minutes per million records on a cold disk).
  std::string index = "";

  bool shuffle = false;  // false: the order of the files, every pass
  ShuffleBy shuffle_by = ShuffleBy::kAuto;
  std::uint64_t seed = 0;

  /// Of each pass this reader gets part `part` (from 0) of `parts`.
  std::uint32_t part = 0;
  std::uint32_t parts = 1;

  /// Positions in the stream of all passes. `end` 0: where the pass of `begin` ends.
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint32_t label_width = 1;  // labels that each record must have

  /// Bytes of a read, and of a block of a block shuffle. That one holds up to `window` blocks, 64
  /// MiB by default: many small blocks mix better than few large ones, and from 4 MiB on a disk
  /// spends its time reading, not seeking.
  std::uint64_t block_bytes = 4 << 20;
  std::uint32_t window = 16;
};

/// Where a reader is and what it holds; figures of one moment.
struct ReaderStats {
  std::uint64_t reads = 0;           // from files
  std::uint64_t bytes = 0;           // read
  std::size_t blocks_in_use = 0;     // held by the reader or by records somewhere in the graph
  std::size_t blocks_allocated = 0;  // ever
};

/// Gives encoded images one after the other, for ever or up to `end`.
///
/// The stream: with `count()` records a pass in this part, position p is in pass p / count(). The
/// order of a pass is a function of (data, seed, pass, options) alone. Over all parts a pass has
/// every record once; with `shuffle` the parts differ from pass to pass. Reading begins anywhere
/// at the cost of working out that pass's order: at most a block is read that is not needed.
///
/// As a graph source: blocks while the disk works, so it wants a thread of its own, one at a time;
/// only `stats()` may be called from others meanwhile. Order of output: the stream's. A slot of the
/// queue after it costs one encoded image; records are views of blocks of `block_bytes`, which are
/// used again when their last record is gone. A bad record is an `Error` naming file, record and
/// byte; the call after it goes on with the next record.
class RecordReader {
 public:
  static constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

  /// Opens and checks the data. Throws `Error`.
  explicit RecordReader(ReaderOptions options);
  ~RecordReader();
  RecordReader(RecordReader&& other) noexcept;
  RecordReader& operator=(RecordReader&& other) noexcept;

  /// The next record, nothing at the end. Records must not outlive the reader: it owns `file`.
  std::optional<Record> operator()();

  /// Goes to `begin`, to stop before `end` (0: where the pass of `begin` ends), for another run.
  void seek(std::uint64_t begin, std::uint64_t end = 0);

  /// From now on records of which `known` says something, asked by `Record::index`, are given with
  /// that and without `image`, and as far as their neighbours allow not read. It may begin to know
  /// more at any time; the labels have to stay where they are. Null: none.
  void skip_known(std::function<std::optional<KnownRecord>(std::uint64_t index)> known);

  /// Of the record that the next call gives.
  std::uint64_t position() const;
  std::uint64_t end() const;

  /// Records of this part in a pass.
  std::uint64_t count() const;
  /// Records of all parts in a pass.
  std::uint64_t total() const;

  /// "train.rec: 1797 records, shuffled; part 0 of 2 has 898".
  std::string describe() const;
  /// Of a folder of images: the folder of each class, relative to it. Empty for .rec files.
  const std::vector<std::string>& classes() const;
  ReaderStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forebay
