#pragma once

// Decoded images in memory that is used again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace forebay {

struct ImageSize {
  int width = 0;
  int height = 0;

  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// A rectangle of pixels; `y` and `x` are its top left corner.
struct Crop {
  int y = 0;
  int x = 0;
  int height = 0;
  int width = 0;

  friend bool operator==(const Crop&, const Crop&) = default;
};

/// All of an image of this size.
inline Crop all_of(ImageSize size) { return {0, 0, size.height, size.width}; }

/// Pixels that someone else owns: rows of `width` x `channels` bytes, RGB (3) or gray (1).
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int height = 0;
  int width = 0;
  int channels = 3;
  std::size_t stride = 0;  // bytes from one row to the next

  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * stride; }

  /// The part of it that `crop` covers; the crop must lie inside.
  ImageView part(Crop crop) const {
    return {row(crop.y) + static_cast<std::size_t>(crop.x * channels), crop.height, crop.width,
            channels, stride};
  }
};

namespace detail {
struct ImageBlock;
struct ImageMemory;
}  // namespace detail

class ImagePool;

/// height x width x channels bytes without gaps, RGB (3 channels) or gray (1).
///
/// A cheap handle: copies share the pixels, which may be written only until the first copy is made.
/// The last holder gives the memory back to the pool. Handles may be used from different threads.
class Image {
 public:
  Image() = default;
  Image(const Image& other) noexcept;
  Image(Image&& other) noexcept;
  Image& operator=(Image other) noexcept;
  ~Image();

  int height() const { return height_; }
  int width() const { return width_; }
  int channels() const { return channels_; }
  bool empty() const { return block_ == nullptr; }
  std::size_t stride() const {
    return static_cast<std::size_t>(width_) * static_cast<std::size_t>(channels_);
  }
  std::size_t bytes() const { return static_cast<std::size_t>(height_) * stride(); }

  std::uint8_t* row(int y) { return pixels_ + static_cast<std::size_t>(y) * stride(); }
  const std::uint8_t* row(int y) const { return pixels_ + static_cast<std::size_t>(y) * stride(); }
  ImageView view() const { return {pixels_, height_, width_, channels_, stride()}; }

  /// Where its memory is from; images made from this one come from there too. Not of an empty
  /// image.
  ImagePool pool() const;

 private:
  friend class ImagePool;
  detail::ImageBlock* block_ = nullptr;  // counts its holders
  std::uint8_t* pixels_ = nullptr;
  int height_ = 0;
  int width_ = 0;
  int channels_ = 0;
};

/// The pixels at `place` of an image of the size `whole`.
struct ImagePart {
  Image pixels;
  Crop place;
  ImageSize whole;

  /// Of the pixels at `crop` of the whole image; the crop must lie inside `place`.
  ImageView view(Crop crop) const {
    return pixels.view().part({crop.y - place.y, crop.x - place.x, crop.height, crop.width});
  }
};

/// An image as the part of itself that is all of it.
inline ImagePart whole_image(Image image) {
  const ImageSize size{image.width(), image.height()};
  return {std::move(image), all_of(size), size};
}

/// Hands out images and takes their memory back for the next ones.
///
/// Memory is kept by size, in steps of at most 25 %. What no image uses is at most `most_kept`
/// bytes, none of it of images over 64 MiB; what images use, bounded queues bound. Thread-safe; a
/// cheap handle that images keep alive.
class ImagePool {
 public:
  explicit ImagePool(std::size_t most_kept = std::size_t{256} << 20);

  /// An image with pixels of any value; sizes are positive.
  Image take(int height, int width, int channels) const;

  /// Times that memory was asked of the system. Does not grow once every size has been seen.
  std::size_t allocations() const;

  /// Held now, by images and for the next ones.
  std::size_t bytes() const;

 private:
  friend class Image;
  explicit ImagePool(std::shared_ptr<detail::ImageMemory> memory);
  std::shared_ptr<detail::ImageMemory> memory_;
};

}  // namespace forebay
