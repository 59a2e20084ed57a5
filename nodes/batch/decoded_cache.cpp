#include <forebay/nodes/batch/decoded_cache.hpp>

#include <algorithm>
#include <new>
#include <span>
#include <type_traits>

namespace forebay {

/// At the begin of an image's memory; the labels and then the pixels follow.
struct DecodedCache::Kept {
  std::uint64_t id = 0;
  std::span<const float> labels;
  WholeImage image;
};

DecodedCache::DecodedCache(std::size_t bytes, std::uint64_t records)
    : kept_(records), claimed_(records), memory_(bytes) {}

std::optional<KnownRecord> DecodedCache::known(std::uint64_t index) const {
  const Kept* kept = find(index);
  return kept != nullptr ? std::optional(KnownRecord{kept->id, kept->labels}) : std::nullopt;
}

Pixels DecodedCache::pixels(const Record& record, const Augment& augment, Random random,
                            DecodeMode mode, const ImagePool& images) {
  const Kept* kept = find(record.index);
  ++(kept != nullptr ? hits_ : misses_);
  if (kept == nullptr && claim(record.index)) {
    const auto whole = decode_whole(record.image, augment, mode, images);
    if (whole) kept = keep(record, whole->image);
  }
  return kept != nullptr ? cut_needed(kept->image, augment, random, images)
                         : decode_needed(record.image, augment, random, mode, images);
}

/// Whether the caller is to keep this image.
bool DecodedCache::claim(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  if (full_ || claimed_[index]) return false;
  claimed_[index] = true;
  return true;
}

/// Null where there is no room.
std::byte* DecodedCache::take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  full_ = full_ || bytes > memory_.size() - used_;
  if (full_) return nullptr;
  ++images_;
  used_ += bytes;
  return memory_.data() + used_ - bytes;
}

const DecodedCache::Kept* DecodedCache::keep(const Record& record, const WholeImage& image) {
  static_assert(std::is_trivially_destructible_v<Kept>);
  constexpr std::size_t kLine = 64;  // images begin at cache lines
  const std::size_t head = sizeof(Kept) + record.labels.size_bytes();
  std::byte* memory = take((head + bytes_of(image) + kLine - 1) / kLine * kLine);
  if (memory == nullptr) return nullptr;
  auto* labels = reinterpret_cast<float*>(memory + sizeof(Kept));
  std::ranges::copy(record.labels, labels);
  const auto* kept =
      new (memory) Kept{record.id,
                        {labels, record.labels.size()},
                        copy_image(image, reinterpret_cast<std::uint8_t*>(memory + head))};
  kept_[record.index].store(kept, std::memory_order_release);
  return kept;
}

CacheStats DecodedCache::stats() const {
  const std::lock_guard lock(mutex_);
  return {hits_, misses_, images_, used_, memory_.size(), full_};
}

}  // namespace forebay
