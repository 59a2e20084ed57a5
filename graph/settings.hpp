#pragma once

// The settings of one node: limits, error policy, where its body runs.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace forebay {

/// What happens to the run when a body throws.
enum class OnError : std::uint8_t {
  kStop,  // the run ends; `Graph::run` throws, naming node and item
  kSkip,  // the item is dropped and counted, up to `skip_limit`; a source that fails 1000 times
          // in a row ends the run all the same
};

/// Which waiting item a node takes first.
enum class Order : std::uint8_t {
  kAny,      // the earliest one that is there
  kInOrder,  // strictly by position in the stream; later ones wait for it
};

/// Which threads run a node's body.
enum class RunOn : std::uint8_t {
  kPool,        // oneTBB's workers, shared by all nodes; the body must not block
  kOwnThreads,  // `concurrency` threads of the node's own; the body may wait for disks or devices
};

/// Limits and policies of a node. `concurrency`, `queue`, `queue_bytes` and `skip_limit` may change
/// while the graph runs (`Graph::set`).
struct NodeSettings {
  static constexpr std::size_t kMostConcurrency = 65'536;
  static constexpr std::size_t kMostPlaces = 16'777'216;

  std::size_t concurrency = 1;  // items worked on at once, 1 or more
  std::size_t queue = 16;       // places in each input queue, 1 or more
  std::size_t queue_bytes = 0;  // bytes in each input queue, 0 for no limit; see docs/graph.md
  OnError on_error = OnError::kStop;
  std::uint64_t skip_limit = std::numeric_limits<std::uint64_t>::max();  // with OnError::kSkip
  Order order = Order::kAny;
  RunOn run_on = RunOn::kPool;
  bool fixed =
      false;  // the body relies on concurrency and order: `Graph::set` refuses to change them
};

/// Throws `Error` naming node and setting ("decode.concurrency is 0; give 1 or more").
void validate(std::string_view node, const NodeSettings& settings);

/// A whole number with K, M or G for powers of 1024 ("64M"); nothing for any other text.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Changes one setting by its name ("queue_bytes") from text ("64M", "skip", "in_order"). `node` is
/// for error messages. Throws `Error` on an unknown name or a value out of range.
void set_by_name(std::string_view node, NodeSettings& settings, std::string_view name,
                 std::string_view value);

}  // namespace forebay
