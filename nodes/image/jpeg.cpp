#include <forebay/nodes/image/jpeg.hpp>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
#include <exception>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <jpeglib.h>

#include <jerror.h>  // after jpeglib.h, whose settings decide the values of the message codes

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

/// libjpeg reports an error by calling `error_exit`, which must not return: it jumps back to
/// `guarded`, which is safe because nothing between the two has a destructor.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> reason;
};

Failure& failure_of(j_common_ptr jpeg) { return *reinterpret_cast<Failure*>(jpeg->err); }

[[noreturn]] void fail(j_common_ptr jpeg) {
  jpeg->err->format_message(jpeg, failure_of(jpeg).reason.data());
  std::longjmp(failure_of(jpeg).back, 1);
}

[[noreturn]] void fail(j_common_ptr jpeg, const char* reason) {
  std::snprintf(failure_of(jpeg).reason.data(), failure_of(jpeg).reason.size(), "%s", reason);
  std::longjmp(failure_of(jpeg).back, 1);
}

/// Warnings after which pixels are missing or wrong. Others (bytes between segments, odd version
/// numbers) leave the picture whole.
bool loses_pixels(int message) {
  switch (message) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
      return true;
    default:
      return false;
  }
}

void on_message(j_common_ptr jpeg, int level) {
  const bool warning = level < 0;
  if (warning && loses_pixels(jpeg->err->msg_code)) fail(jpeg);
}

void on_error(j_common_ptr jpeg) { fail(jpeg); }

jpeg_error_mgr* start(Failure& failure) {
  jpeg_error_mgr* manager = jpeg_std_error(&failure.manager);
  manager->error_exit = on_error;
  manager->emit_message = on_message;
  failure.reason[0] = '\0';
  return manager;
}

/// Runs `body`, which calls libjpeg and owns nothing; false when libjpeg failed.
template <typename Body>
[[gnu::noinline]] bool guarded(Failure& failure, const Body& body) {
  if (setjmp(failure.back) != 0) return false;
  body();
  return true;
}

void do_nothing(j_decompress_ptr) {}

boolean on_end_of_data(j_decompress_ptr jpeg) {
  fail(reinterpret_cast<j_common_ptr>(jpeg), "premature end of data");
}

void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if (static_cast<std::size_t>(count) > jpeg->src->bytes_in_buffer) on_end_of_data(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= static_cast<std::size_t>(count);
}

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
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
    source_.bytes_in_buffer = bytes.size();
    source_.init_source = do_nothing;
    source_.fill_input_buffer = on_end_of_data;
    source_.skip_input_data = skip;
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = do_nothing;
    jpeg_.src = &source_;
  }
  Decompressor(const Decompressor&) = delete;  // jpeg_ points to the members
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&jpeg_); }

  Image decode(const ImagePool& pool, int channels);

 private:
  /// Alone, so that the destructor runs when the other constructor throws.
  Decompressor() {
    jpeg_.err = start(failure_);
    progress_.progress_monitor = on_progress;
  }
  void check(bool done) const {
    if (!done) throw Error(fmt::format("JPEG: {}", failure_.reason.data()));
  }
  bool is_cmyk() const {
    return jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
  }
  void read_rows(Image& image);
  void read_cmyk_rows(Image& image);

  Failure failure_;
  jpeg_source_mgr source_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
};

Image Decompressor::decode(const ImagePool& pool, int channels) {
  check(guarded(failure_, [this] { jpeg_read_header(&jpeg_, TRUE); }));
  const long long pixels = static_cast<long long>(jpeg_.image_width) * jpeg_.image_height;
  const bool in_scans = jpeg_has_multiple_scans(&jpeg_) != FALSE;
  if (pixels > (in_scans ? kMaxPixelsInScans : kMaxPixels)) {
    throw Error(fmt::format("JPEG: {} x {} is more than {}", jpeg_.image_width, jpeg_.image_height,
                            in_scans ? "2^26 pixels in several scans" : "2^28 pixels"));
  }
  jpeg_.out_color_space = is_cmyk() ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  check(guarded(failure_, [this] { jpeg_start_decompress(&jpeg_); }));
  Image image = pool.take(static_cast<int>(jpeg_.output_height),
                          static_cast<int>(jpeg_.output_width), channels);
  if (is_cmyk()) {
    read_cmyk_rows(image);
  } else {
    read_rows(image);
  }
  return image;
}

void Decompressor::read_rows(Image& image) {
  std::uint8_t* const pixels = image.row(0);
  const std::size_t stride = image.stride();
  check(guarded(failure_, [this, pixels, stride] {
    std::array<JSAMPROW, 16> rows;
    while (jpeg_.output_scanline < jpeg_.output_height) {
      const JDIMENSION first = jpeg_.output_scanline;
      const JDIMENSION left = jpeg_.output_height - first;
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

/// Where libjpeg writes to: ours, because its own loses track of the memory when it has to grow it
/// and cannot.
struct Destination {
  jpeg_destination_mgr manager{};
  std::vector<std::byte> bytes;
};

Destination& destination_of(j_compress_ptr jpeg) {
  return *reinterpret_cast<Destination*>(jpeg->dest);
}

bool resize(std::vector<std::byte>& bytes, std::size_t size) noexcept {
  try {
    bytes.resize(size);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// Makes room for as many bytes again; those before are written.
boolean grow(j_compress_ptr jpeg) {
  constexpr std::size_t kFirst = 64 << 10;
  Destination& to = destination_of(jpeg);
  const std::size_t written = to.bytes.size();
  if (!resize(to.bytes, std::max(kFirst, 2 * written))) {
    fail(reinterpret_cast<j_common_ptr>(jpeg), "not enough memory");
  }
  to.manager.next_output_byte = reinterpret_cast<JOCTET*>(to.bytes.data() + written);
  to.manager.free_in_buffer = to.bytes.size() - written;
  return TRUE;
}

void begin_writing(j_compress_ptr jpeg) { grow(jpeg); }

void end_writing(j_compress_ptr jpeg) {
  Destination& to = destination_of(jpeg);
  to.bytes.resize(to.bytes.size() - to.manager.free_in_buffer);
}

struct Compressor {
  Failure failure;
  Destination to;
  jpeg_compress_struct jpeg{};

  Compressor() {
    jpeg.err = start(failure);
    to.manager.init_destination = begin_writing;
    to.manager.empty_output_buffer = grow;
    to.manager.term_destination = end_writing;
  }
  Compressor(const Compressor&) = delete;  // jpeg points to the members
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { jpeg_destroy_compress(&jpeg); }
};

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const ImagePool& pool, int channels) {
  return Decompressor(bytes).decode(pool, channels);
}

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  Compressor compressor;
  jpeg_compress_struct& jpeg = compressor.jpeg;
  const ImageView view = image.view();
  const bool done = guarded(compressor.failure, [&compressor, &jpeg, &view, quality] {
    jpeg_create_compress(&jpeg);
    jpeg.dest = &compressor.to.manager;
    jpeg.image_width = static_cast<JDIMENSION>(view.width);
    jpeg.image_height = static_cast<JDIMENSION>(view.height);
    jpeg.input_components = view.channels;
    jpeg.in_color_space = view.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < view.height; ++y) {
      auto row = const_cast<JSAMPROW>(view.row(y));  // libjpeg does not write to it
      jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
  });
  if (!done) throw Error(fmt::format("JPEG: {}", compressor.failure.reason.data()));
  return std::move(compressor.to.bytes);
}

}  // namespace forebay::detail
