#include <forebay/nodes/image/jpeg.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/libjpeg.hpp>

namespace forebay::detail {
namespace {

/// libjpeg calls it again and again while it reads scans.
void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMaxScans) {
    fail(jpeg, "more than 500 scans");
  }
}

/// A new decompressor for every image: libjpeg keeps an image's tables for the next one, which
/// would then decode differently after another image.
class Decompressor {
 public:
  explicit Decompressor(std::span<const std::byte> bytes) : Decompressor() {
    check(guarded(failure_, [this] { jpeg_create_decompress(&jpeg_); }));
    jpeg_.progress = &progress_;
    start(source_, bytes);
    jpeg_.src = &source_;
  }
  Decompressor(const Decompressor&) = delete;  // jpeg_ points to the members
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&jpeg_); }

  /// Reads the header. Throws `Error` for too large an image.
  ImageSize read_size();

  /// After `read_size`: a part that covers `needed`.
  ImagePart decode(const ImagePool& pool, int channels, Crop needed);

 private:
  /// Alone, so that the destructor runs when the other constructor throws.
  Decompressor() {
    jpeg_.err = failure_.start();
    progress_.progress_monitor = on_progress;
  }
  void check(bool done) const {
    if (!done) failure_.raise();
  }
  bool is_cmyk() const {
    return jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
  }
  Crop begin_part(Crop needed);
  void read_rows(Image& image);
  void read_cmyk_rows(Image& image);

  LibjpegFailure failure_;
  jpeg_source_mgr source_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
};

ImageSize Decompressor::read_size() {
  check(guarded(failure_, [this] { jpeg_read_header(&jpeg_, TRUE); }));
  const long long pixels = static_cast<long long>(jpeg_.image_width) * jpeg_.image_height;
  const bool in_scans = jpeg_has_multiple_scans(&jpeg_) != FALSE;
  if (pixels > (in_scans ? kMaxPixelsInScans : kMaxPixels)) {
    throw Error(fmt::format("JPEG: {} x {} is more than {}", jpeg_.image_width, jpeg_.image_height,
                            in_scans ? "2^26 pixels in several scans" : "2^28 pixels"));
  }
  return {static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height)};
}

ImagePart Decompressor::decode(const ImagePool& pool, int channels, Crop needed) {
  const ImageSize whole{static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height)};
  jpeg_.out_color_space = is_cmyk() ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  check(guarded(failure_, [this] { jpeg_start_decompress(&jpeg_); }));
  const Crop place = is_cmyk() ? all_of(whole) : begin_part(needed);
  ImagePart part{pool.take(place.height, place.width, channels), place, whole};
  if (is_cmyk()) {
    read_cmyk_rows(part.pixels);
  } else {
    read_rows(part.pixels);
  }
  return part;
}

/// Makes libjpeg begin at the first needed row and give few columns more than needed; the part that
/// it will give. What it takes for the edges of the image lacks a neighbour when chroma is
/// interpolated, so these columns are not among those needed.
Crop Decompressor::begin_part(Crop needed) {
  constexpr int kMargin = 2;
  const int left = std::max(0, needed.x - kMargin);
  const int right =
      std::min(static_cast<int>(jpeg_.output_width), needed.x + needed.width + kMargin);
  auto x = static_cast<JDIMENSION>(left);
  auto width = static_cast<JDIMENSION>(right - left);
  check(guarded(failure_, [this, &x, &width, needed] {
    if (width < jpeg_.output_width) jpeg_crop_scanline(&jpeg_, &x, &width);
    if (needed.y > 0) jpeg_skip_scanlines(&jpeg_, static_cast<JDIMENSION>(needed.y));
  }));
  return {needed.y, static_cast<int>(x), needed.height, static_cast<int>(width)};
}

void Decompressor::read_rows(Image& image) {
  std::uint8_t* const pixels = image.row(0);
  const std::size_t stride = image.stride();
  const auto height = static_cast<JDIMENSION>(image.height());
  check(guarded(failure_, [this, pixels, stride, height] {
    std::array<JSAMPROW, 16> rows;
    const JDIMENSION top = jpeg_.output_scanline;
    while (jpeg_.output_scanline < top + height) {
      const JDIMENSION first = jpeg_.output_scanline - top;
      const JDIMENSION left = height - first;
      const auto count = left < rows.size() ? left : static_cast<JDIMENSION>(rows.size());
      for (JDIMENSION i = 0; i < count; ++i) rows[i] = pixels + (first + i) * stride;
      jpeg_read_scanlines(&jpeg_, rows.data(), count);
    }
  }));
}

/// a x b / 255 to the nearest, for 0 to 255.
std::uint8_t product(int a, int b) { return static_cast<std::uint8_t>((a * b + 127) / 255); }

/// Adobe's programs, which write nearly all CMYK JPEGs, store 255 minus each ink.
void cmyk_to_pixel(const std::uint8_t* cmyk, bool inverted, std::uint8_t* pixel, int channels) {
  const int flip = inverted ? 0 : 255;
  const int black = cmyk[3] ^ flip;
  const std::uint8_t rgb[3] = {product(cmyk[0] ^ flip, black), product(cmyk[1] ^ flip, black),
                               product(cmyk[2] ^ flip, black)};
  if (channels == 1) {
    pixel[0] = static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
  } else {
    for (int i = 0; i < 3; ++i) pixel[i] = rgb[i];
  }
}

void Decompressor::read_cmyk_rows(Image& image) {
  const bool inverted = jpeg_.saw_Adobe_marker != FALSE;
  std::vector<std::uint8_t> line(static_cast<std::size_t>(image.width()) * 4);
  for (int y = 0; y < image.height(); ++y) {
    JSAMPROW row = line.data();
    check(guarded(failure_, [this, &row] { jpeg_read_scanlines(&jpeg_, &row, 1); }));
    std::uint8_t* pixel = image.row(y);
    for (std::size_t x = 0; x < line.size(); x += 4, pixel += image.channels()) {
      cmyk_to_pixel(&line[x], inverted, pixel, image.channels());
    }
  }
}

/// Whether the end of the image is marked, perhaps with a little after it. Compressed data cannot
/// hold the marker.
bool has_end(std::span<const std::byte> bytes) {
  constexpr std::size_t kMostAfter = 64;
  constexpr std::array kEnd{std::byte{0xff}, std::byte{0xd9}};
  const auto tail = bytes.last(std::min(bytes.size(), kMostAfter + kEnd.size()));
  return std::search(tail.begin(), tail.end(), kEnd.begin(), kEnd.end()) != tail.end();
}

}  // namespace

ImagePart decode_jpeg(std::span<const std::byte> bytes, const ImagePool& pool, int channels,
                      const NeededPart& needed) {
  Decompressor jpeg(bytes);
  const ImageSize size = jpeg.read_size();
  const Crop part = needed(size);
  return jpeg.decode(pool, channels, has_end(bytes) ? part : all_of(size));
}

}  // namespace forebay::detail
