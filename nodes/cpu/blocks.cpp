#include <forebay/nodes/cpu/blocks.hpp>

#include <algorithm>

namespace forebay {
namespace {

// Of a thread's second-level cache: bytes of a block, and the most of weights that are read again
// for each of them. Measured: docs/decisions.md.
constexpr std::size_t kBlockBytes = 512 << 10;
constexpr std::size_t kWeightBytes = 512 << 10;

}  // namespace

std::size_t block_rows(std::size_t rows, int threads, const GroupSize& size) {
  if (size.weight_bytes > kWeightBytes) return rows;
  const std::size_t most =
      static_cast<std::size_t>(threads) * std::max<std::size_t>(kBlockBytes / size.bytes_of_row, 1);
  for (std::size_t block = std::min(most, rows); 2 * block > most; --block) {
    if (rows % block == 0) return block;
  }
  return rows;
}

}  // namespace forebay
