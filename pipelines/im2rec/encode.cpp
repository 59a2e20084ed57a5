#include <im2rec/encode.hpp>

#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/image/header.hpp>
#include <forebay/nodes/image/resize.hpp>

namespace forebay {
namespace {

int channels(Color color, std::span<const std::byte> file) {
  const bool gray = color == Color::kGray || (color == Color::kAsStored && is_stored_gray(file));
  return gray ? 1 : 3;
}

}  // namespace

std::vector<std::byte> EncodeImage::encode(std::span<const std::byte> file) const {
  Image image = decode(file, pool_, channels(options_.color, file));
  if (options_.color != Color::kAsStored) image = turn(image, stored_orientation(file));
  if (options_.center_crop) image = center_crop_square(image);
  if (options_.resize > 0) image = resize_short_edge(image, options_.resize);
  return options_.encoding == Encoding::kPng ? encode_png(image, options_.quality)
                                             : encode_jpeg(image, options_.quality);
}

std::vector<std::byte> EncodeImage::operator()(std::span<const std::byte> file) const {
  std::vector<std::byte> bytes =
      options_.pass_through ? std::vector(file.begin(), file.end()) : encode(file);
  const bool repacked = options_.restart_rows > 0 && is_jpeg(bytes);
  return repacked ? repack_jpeg(bytes, options_.restart_rows) : bytes;
}

}  // namespace forebay
