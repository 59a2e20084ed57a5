#pragma once

// Products of bfloat16 matrices on AMX's tile registers, and the two orders in which they want
// their factors. All functions but `available` and only on CPUs where it is true.

#include <cstddef>

#include <forebay/nodes/cpu/bfloat16.hpp>

namespace forebay::amx {

/// Whether the CPU, the kernel and ONEDNN_MAX_CPU_ISA allow AMX.
bool available();

constexpr std::size_t kChannels = 16;                   // rows or columns of a tile
constexpr std::size_t kPixels = 32;                     // summed over by one instruction
constexpr std::size_t kTileSize = kChannels * kPixels;  // of a left or a right factor
constexpr std::size_t kSums = kChannels * kChannels;
constexpr std::size_t kMostFactors = 6;  // whose sums stay in registers together

/// Holds the calling thread's tile registers for a scope.
class Tiles {
 public:
  Tiles();
  ~Tiles();
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

/// Writes a tile of a left factor: kPixels values for each of kChannels. The pixels' channels lie
/// `stride` values apart.
void pack_left(const Bfloat16* pixels, std::size_t stride, Bfloat16* tile);

/// Writes kChannels of a right factor: for every two pixels 64 bytes, the channels' pairs of
/// values. So a tile may begin at any pair. `lines` is aligned to 64 bytes.
void pack_right(const Bfloat16* pixels, std::size_t stride, std::size_t pairs, Bfloat16* lines);

/// Sums of products over tiles x kPixels pixels, of one left factor's channels by those of `count`
/// right ones, at most kMostFactors: sums[i] (kChannels x kChannels) = or, where `add`, += left x
/// rights[i]. Wants `Tiles` on the calling thread.
void multiply(const Bfloat16* left, const Bfloat16* const* rights, std::size_t count,
              std::size_t tiles, bool add, float* const* sums);

}  // namespace forebay::amx
