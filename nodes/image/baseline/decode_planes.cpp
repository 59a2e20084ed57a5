#include <algorithm>
#include <vector>

#include <forebay/nodes/image/baseline/entropy.hpp>
#include <forebay/nodes/image/baseline/frame.hpp>
#include <forebay/nodes/image/baseline/idct.hpp>
#include <forebay/nodes/image/baseline/scan_bytes.hpp>
#include <forebay/nodes/image/jpeg.hpp>
#include <forebay/nodes/image/planes.hpp>

namespace forebay {
namespace {

using detail::JpegFrame;

int divided_up(int a, int b) { return (a + b - 1) / b; }

/// MCUs, as rows and columns of them.
struct McuRange {
  int first_row, last_row;  // the last ones are beyond
  int first_column, last_column;
  int across;  // in a row of the whole image

  int columns() const { return last_column - first_column; }
  int rows() const { return last_row - first_row; }
};

McuRange needed_mcus(const JpegFrame& frame, Crop part, int size) {
  const int margin = 16 / size;  // for the neighbours that interpolation reads
  const int width = frame.mcu_width(), height = frame.mcu_height();
  return {std::max(0, part.y - margin) / height,
          divided_up(std::min(frame.size.height, part.y + part.height + margin), height),
          std::max(0, part.x - margin) / width,
          divided_up(std::min(frame.size.width, part.x + part.width + margin), width),
          divided_up(frame.size.width, width)};
}

/// What one thread uses again for the next image.
struct Scratch {
  detail::ScanBytes scan;
  std::vector<std::int16_t> coefficients;

  void release_large() {
    constexpr std::size_t kMostKept = std::size_t{8} << 20;
    if (scan.capacity() > kMostKept) scan.release();
    if (coefficients.capacity() > kMostKept / 2) std::vector<std::int16_t>().swap(coefficients);
  }
};

/// Decodes rows of MCUs to planes.
class PlaneDecoder {
 public:
  PlaneDecoder(const JpegFrame& frame, const McuRange& mcus, int size)
      : frame_(frame), mcus_(mcus), size_(size) {}

  YccPart make_part(const ImagePool& pool) const;
  bool fill(const YccPart& part, Scratch& scratch) const;

 private:
  /// Blocks of a row of the component, a pair at least.
  std::size_t blocks(const detail::JpegComponent& component) const {
    const auto count = static_cast<std::size_t>(mcus_.columns() * component.horizontal);
    return (count + 1) / 2 * 2;
  }
  std::size_t stride(const detail::JpegComponent& component) const {
    return blocks(component) * static_cast<std::size_t>(size_);
  }
  std::size_t rows(const detail::JpegComponent& component) const {
    return static_cast<std::size_t>(mcus_.rows() * component.vertical * size_);
  }
  Plane plane(const detail::JpegComponent& component, std::uint8_t* pixels) const;
  std::array<detail::CoefficientRows, 3> coefficient_rows(std::int16_t* memory) const;
  void transform(const std::array<detail::CoefficientRows, 3>& coefficients, int row,
                 const YccPart& part) const;

  const JpegFrame& frame_;
  McuRange mcus_;
  int size_;
};

Plane PlaneDecoder::plane(const detail::JpegComponent& component, std::uint8_t* pixels) const {
  const auto& luma = frame_.components[0];
  const int width =
      divided_up(frame_.size.width * component.horizontal * size_, 8 * luma.horizontal);
  const int height = divided_up(frame_.size.height * component.vertical * size_, 8 * luma.vertical);
  Crop place{mcus_.first_row * component.vertical * size_,
             mcus_.first_column * component.horizontal * size_, 0, 0};
  place.height = std::min(height, mcus_.last_row * component.vertical * size_) - place.y;
  place.width = std::min(width, mcus_.last_column * component.horizontal * size_) - place.x;
  return {pixels, stride(component), place, component.horizontal * size_ / (8.0 * luma.horizontal),
          component.vertical * size_ / (8.0 * luma.vertical)};
}

YccPart PlaneDecoder::make_part(const ImagePool& pool) const {
  std::size_t bytes = 64;  // vectors may read as much too far
  for (const auto& component : frame_.components) bytes += stride(component) * rows(component);
  YccPart part{pool.take(1, static_cast<int>(bytes), 1), {}, frame_.size};
  std::uint8_t* pixels = part.memory.row(0);
  for (std::size_t i = 0; i < part.planes.size(); ++i) {
    const auto& component = frame_.components[i];
    part.planes[i] = plane(component, pixels);
    pixels += stride(component) * rows(component);
  }
  return part;
}

/// One after the other in `memory`.
std::array<detail::CoefficientRows, 3> PlaneDecoder::coefficient_rows(std::int16_t* memory) const {
  std::array<detail::CoefficientRows, 3> all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& component = frame_.components[i];
    for (std::size_t y = 0; y < static_cast<std::size_t>(component.vertical); ++y) {
      all[i].rows[y] = memory;
      memory += blocks(component) * 64;
    }
  }
  return all;
}

bool PlaneDecoder::fill(const YccPart& part, Scratch& scratch) const {
  detail::EntropyDecoder decoder(frame_, scratch.scan, size_);
  if (!decoder.ready()) return false;
  std::size_t count = 0;
  for (const auto& component : frame_.components) {
    count += blocks(component) * static_cast<std::size_t>(component.vertical) * 64;
  }
  if (scratch.coefficients.size() < count) scratch.coefficients.resize(count);
  const auto rows = coefficient_rows(scratch.coefficients.data());
  for (int row = mcus_.first_row; row < mcus_.last_row; ++row) {
    std::fill_n(scratch.coefficients.data(), count, std::int16_t{0});
    if (!decoder.seek(row * mcus_.across + mcus_.first_column)) return false;
    if (!decoder.decode(mcus_.columns(), rows)) return false;
    transform(rows, row - mcus_.first_row, part);
  }
  return true;
}

/// To the pixels of a row of MCUs.
void PlaneDecoder::transform(const std::array<detail::CoefficientRows, 3>& coefficients, int row,
                             const YccPart& part) const {
  Image memory = part.memory;  // shared so far with nobody who reads
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    const auto& component = frame_.components[i];
    const Plane& plane = part.planes[i];
    for (std::size_t y = 0; y < static_cast<std::size_t>(component.vertical); ++y) {
      const auto line = (static_cast<std::size_t>(row * component.vertical) + y) *
                        static_cast<std::size_t>(size_);
      const auto offset = static_cast<std::size_t>(plane.pixels - memory.row(0));
      detail::inverse_dct({coefficients[i].rows[y], blocks(component) * 64}, size_,
                          memory.row(0) + offset + line * plane.stride, plane.stride);
    }
  }
}

}  // namespace

int reduction(const WantedPart& wanted) {
  int times = 1;
  while (times < 8 && wanted.part.width / (2 * times) >= wanted.size.width &&
         wanted.part.height / (2 * times) >= wanted.size.height) {
    times *= 2;
  }
  return times;
}

std::optional<YccPart> decode_planes(std::span<const std::byte> jpeg, const ImagePool& pool,
                                     const WantedPlanes& wanted) {
  const auto frame = detail::read_frame(jpeg);
  if (!frame) return std::nullopt;
  if (static_cast<long long>(frame->size.width) * frame->size.height > detail::kMaxPixels) {
    return std::nullopt;
  }
  const auto part = wanted(frame->size);
  if (!part) return std::nullopt;
  const int size = 8 / reduction(*part);  // of the blocks that 8 x 8 coefficients become
  thread_local Scratch scratch;
  const PlaneDecoder decoder(*frame, needed_mcus(*frame, part->part, size), size);
  std::optional<YccPart> planes;
  if (scratch.scan.read(frame->scan)) {
    planes = decoder.make_part(pool);
    if (!decoder.fill(*planes, scratch)) planes.reset();
  }
  scratch.release_large();
  return planes;
}

}  // namespace forebay
