#pragma once

// How a reader gets the bytes of the records that an order asks for.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <forebay/nodes/read/block_pool.hpp>
#include <forebay/nodes/read/file.hpp>
#include <forebay/nodes/read/order.hpp>
#include <forebay/nodes/read/record.hpp>
#include <forebay/nodes/read/record_table.hpp>

namespace forebay {

/// Counts what was read; any thread may look.
struct ReadCounters {
  std::atomic<std::uint64_t> reads = 0;
  std::atomic<std::uint64_t> bytes = 0;
};

/// What is known of the record with this `Record::index`: such a one is given without its bytes.
/// Null: nothing of any.
using Known = std::function<std::optional<KnownRecord>(std::uint64_t index)>;

struct FetchOptions {
  std::uint32_t label_width = 1;
  Access access = Access::kSequential;
  std::uint32_t window = 1;                 // blocks in use at a time when an order is mixed
  std::vector<std::uint32_t> block_begins;  // when an order is mixed
};

/// Reads ahead along an order. For one thread at a time.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// `order` must live until the next call or the last `fetch`; only its `places` will be fetched,
  /// upwards (other places too are right, but slow).
  virtual void begin_pass(const PassOrder& order, Places places) = 0;

  /// Blocks while the disk works; `position` of the record is left to the caller. Throws `Error`.
  virtual Record fetch(std::uint64_t place) = 0;
};

/// From .rec files: neighbouring records of the order that are neighbours in their file with one
/// read of up to a block; with a mixed order whole blocks. `known` outlives the fetcher and may
/// change between calls.
std::unique_ptr<Fetcher> fetch_records(std::shared_ptr<const RecordTable> table,
                                       FetchOptions options, std::shared_ptr<BlockPool> pool,
                                       ReadCounters& counters, const Known& known);

/// Image files, whole; paths and labels as listed.
struct LabelledFiles {
  std::vector<std::string> paths;
  std::vector<float> labels;
};
std::unique_ptr<Fetcher> fetch_files(std::shared_ptr<const LabelledFiles> files,
                                     std::shared_ptr<BlockPool> pool, ReadCounters& counters,
                                     const Known& known);

}  // namespace forebay
