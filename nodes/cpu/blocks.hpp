#pragma once

// How a batch goes through ops: in blocks of rows that stay in the second-level cache.

#include <cstddef>
#include <vector>

#include <forebay/nodes/cpu/op.hpp>

namespace forebay {

/// The ops between two norms. Norms alone need sums over all rows of what they read, forward and
/// backward. So a group, with the norm in front of it forward and the norm behind it backward, runs
/// for one block of rows after the other, and what an op writes the next finds in the cache.
struct OpGroup {
  std::vector<Op*> forward, backward;  // in the order they run
  std::size_t block = 0;               // rows of each, which divide the batch's
};

/// What a group keeps busy.
struct GroupSize {
  std::size_t bytes_of_row = 0;  // of what its first op reads and all write, forward
  std::size_t weight_bytes = 0;
};

/// Rows of a block, which divide `rows`: as many as fit the caches of so many threads, and all
/// where weights would have to be read again and again for too few.
std::size_t block_rows(std::size_t rows, int threads, const GroupSize& size);

}  // namespace forebay
