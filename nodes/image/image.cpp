#include <forebay/nodes/image/image.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <mutex>
#include <new>
#include <utility>

namespace forebay {
namespace detail {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kLargestKept = std::size_t{64} << 20;
constexpr std::size_t kSizes = 64;

/// Sizes kept apart: four to each power of two.
struct BlockSize {
  std::size_t index;
  std::size_t bytes;
};

static BlockSize block_size(std::size_t bytes) {
  if (bytes <= kSmallest) return {0, kSmallest};
  const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  const std::size_t step = std::size_t{1} << (power - 2);
  const std::size_t steps = (bytes + step - 1) / step;  // 5 to 8 of them
  const auto smallest_power = static_cast<std::size_t>(std::bit_width(kSmallest)) - 1;
  return {(power - smallest_power) * 4 + steps - 4, steps * step};
}

struct ImageBlock {
  std::atomic<int> holders{1};
  BlockSize size{};
  std::uint8_t* bytes = nullptr;
  ImageBlock* next = nullptr;           // while free
  std::shared_ptr<ImageMemory> memory;  // while in use
};

struct ImageMemory {
  explicit ImageMemory(std::size_t kept) : most_kept(kept) {}

  const std::size_t most_kept;
  std::mutex mutex;
  std::array<ImageBlock*, kSizes> free{};
  std::size_t allocations = 0;
  std::size_t bytes = 0;
  std::size_t free_bytes = 0;

  ~ImageMemory() {
    for (ImageBlock* block : free) {
      while (block != nullptr) destroy(std::exchange(block, block->next));
    }
  }

  static void destroy(ImageBlock* block) {
    ::operator delete (block->bytes, std::align_val_t{kAlignment});
    delete block;
  }

  ImageBlock* take(std::size_t wanted) {
    const BlockSize size = block_size(wanted);
    {
      std::lock_guard lock(mutex);
      if (size.bytes <= kLargestKept && free[size.index] != nullptr) {
        ImageBlock* block = free[size.index];
        free[size.index] = block->next;
        free_bytes -= size.bytes;
        return block;
      }
    }
    auto block = std::make_unique<ImageBlock>();
    block->size = size;
    block->bytes =
        static_cast<std::uint8_t*>(::operator new (size.bytes, std::align_val_t{kAlignment}));
    std::lock_guard lock(mutex);
    ++allocations;
    bytes += size.bytes;
    return block.release();
  }

  void give_back(ImageBlock* block) {
    const BlockSize size = block->size;
    {
      std::lock_guard lock(mutex);
      if (size.bytes <= kLargestKept && free_bytes + size.bytes <= most_kept) {
        block->next = std::exchange(free[size.index], block);
        free_bytes += size.bytes;
        return;
      }
      bytes -= size.bytes;
    }
    destroy(block);
  }
};

static void release(ImageBlock* block) {
  if (block == nullptr || block->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::shared_ptr<ImageMemory> memory = std::move(block->memory);
  memory->give_back(block);
}

}  // namespace detail

Image::Image(const Image& other) noexcept
    : block_(other.block_),
      pixels_(other.pixels_),
      height_(other.height_),
      width_(other.width_),
      channels_(other.channels_) {
  if (block_ != nullptr) block_->holders.fetch_add(1, std::memory_order_relaxed);
}

Image::Image(Image&& other) noexcept
    : block_(std::exchange(other.block_, nullptr)),
      pixels_(std::exchange(other.pixels_, nullptr)),
      height_(std::exchange(other.height_, 0)),
      width_(std::exchange(other.width_, 0)),
      channels_(std::exchange(other.channels_, 0)) {}

Image& Image::operator=(Image other) noexcept {
  std::swap(block_, other.block_);
  std::swap(pixels_, other.pixels_);
  std::swap(height_, other.height_);
  std::swap(width_, other.width_);
  std::swap(channels_, other.channels_);
  return *this;
}

Image::~Image() { detail::release(block_); }

ImagePool Image::pool() const {
  assert(!empty());
  return ImagePool(block_->memory);
}

ImagePool::ImagePool(std::size_t most_kept)
    : memory_(std::make_shared<detail::ImageMemory>(most_kept)) {}

ImagePool::ImagePool(std::shared_ptr<detail::ImageMemory> memory) : memory_(std::move(memory)) {}

Image ImagePool::take(int height, int width, int channels) const {
  assert(height > 0 && width > 0 && channels > 0);
  Image image;
  image.height_ = height;
  image.width_ = width;
  image.channels_ = channels;
  image.block_ = memory_->take(image.bytes());
  image.block_->holders.store(1, std::memory_order_relaxed);
  image.block_->memory = memory_;
  image.pixels_ = image.block_->bytes;
  return image;
}

std::size_t ImagePool::allocations() const {
  std::lock_guard lock(memory_->mutex);
  return memory_->allocations;
}

std::size_t ImagePool::bytes() const {
  std::lock_guard lock(memory_->mutex);
  return memory_->bytes;
}

}  // namespace forebay
