#include <forebay/nodes/batch/whole_image.hpp>

#include <bit>
#include <cstring>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/cut_planes.hpp>
#include <forebay/nodes/image/decode.hpp>

namespace forebay {
namespace {

std::size_t reduction_index(const WantedPart& wanted) {
  return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(reduction(wanted))));
}

/// All planes that parts of the image may need; leaves `whole` without any where they cannot be
/// had.
void decode_all_planes(std::span<const std::byte> bytes, const Augment& augment,
                       const ImagePool& images, DecodedWhole& whole) {
  WholeImage& image = whole.image;
  std::size_t last = 0;
  for (std::size_t i = 0; i <= last; ++i) {
    const auto wanted = [&](ImageSize size) -> std::optional<WantedPart> {
      augment.check(size);
      if (augment.planes_for(size) == PlanesFor::kNone) return std::nullopt;
      const ImageShape& sample = augment.options().image_shape;
      last = reduction_index({all_of(size), {sample.width, sample.height}});
      return WantedPart{all_of(size), {size.width >> i, size.height >> i}};
    };
    auto planes = decode_planes(bytes, images, wanted);
    if (!planes) {
      image.reductions = 0;
      return;
    }
    image.size = planes->whole;
    image.planes[i] = planes->planes;
    image.reductions = i + 1;
    whole.planes[i] = *std::move(planes);
  }
}

std::size_t pixel_bytes(const ImageView& view) {
  return view.stride * static_cast<std::size_t>(view.height);
}

}  // namespace

std::optional<DecodedWhole> decode_whole(std::span<const std::byte> bytes, const Augment& augment,
                                         DecodeMode mode, const ImagePool& images) try {
  DecodedWhole whole;
  if (mode == DecodeMode::kFast) decode_all_planes(bytes, augment, images, whole);
  WholeImage& image = whole.image;
  if (image.reductions > 0 && augment.planes_for(image.size) == PlanesFor::kAll) return whole;
  const auto all = [&](ImageSize size) {
    augment.check(size);
    return all_of(size);
  };
  ImagePart part = decode_part(bytes, images, augment.options().image_shape.channels, all);
  image.size = part.whole;
  whole.pixels = std::move(part.pixels);
  image.pixels = whole.pixels.view();
  return whole;
} catch (const Error&) {
  return std::nullopt;
}

std::size_t bytes_of(const WholeImage& image) {
  std::size_t bytes = pixel_bytes(image.pixels);
  for (std::size_t i = 0; i < image.reductions; ++i) bytes += bytes_of(image.planes[i]);
  return bytes;
}

WholeImage copy_image(const WholeImage& image, std::uint8_t* memory) {
  WholeImage copy = image;
  for (std::size_t i = 0; i < image.reductions; ++i) {
    copy.planes[i] = copy_planes(image.planes[i], memory);
    memory += bytes_of(image.planes[i]);
  }
  if (image.pixels.pixels != nullptr) {
    std::memcpy(memory, image.pixels.pixels, pixel_bytes(image.pixels));
    copy.pixels.pixels = memory;
  }
  return copy;
}

Pixels cut_needed(const WholeImage& image, const Augment& augment, Random random,
                  const ImagePool& images) {
  if (image.reductions > 0) {
    if (const auto wanted = augment.wanted_planes(image.size, random)) {
      const YccPlanes& planes = image.planes[reduction_index(*wanted)];
      // The memory is not the pixels': it is where more for the sample comes from.
      return YccPart{images.take(1, 1, 1), cut_planes(planes, wanted->part), image.size};
    }
  }
  const Crop crop = augment.needed_part(image.size, random);
  const ImageView view = image.pixels.part(crop);
  Image part = images.take(crop.height, crop.width, view.channels);
  for (int y = 0; y < crop.height; ++y) std::memcpy(part.row(y), view.row(y), part.stride());
  return ImagePart{std::move(part), crop, image.size};
}

}  // namespace forebay
