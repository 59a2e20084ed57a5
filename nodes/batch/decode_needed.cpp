#include <forebay/nodes/batch/decode_needed.hpp>

#include <optional>
#include <utility>

#include <forebay/nodes/image/decode.hpp>

namespace forebay {

std::size_t byte_size(const Pixels& pixels) {
  const auto* planes = std::get_if<YccPart>(&pixels);
  return planes != nullptr ? planes->memory.bytes() : std::get<ImagePart>(pixels).pixels.bytes();
}

Pixels decode_needed(std::span<const std::byte> bytes, const Augment& augment, Random random,
                     DecodeMode mode, const ImagePool& images, const PlanesDecoder& planes) {
  if (mode == DecodeMode::kFast) {
    const auto wanted = [&](ImageSize size) {
      augment.check(size);
      return augment.wanted_planes(size, random);
    };
    if (auto part = planes(bytes, images, wanted)) return *std::move(part);
  }
  const auto needed = [&](ImageSize size) {
    augment.check(size);  // here, where it can be skipped: it has no row yet
    return augment.needed_part(size, random);
  };
  return decode_part(bytes, images, augment.options().image_shape.channels, needed);
}

}  // namespace forebay
