#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <forebay/nodes/image/jpeg.hpp>
#include <forebay/nodes/image/libjpeg.hpp>

namespace forebay::detail {
namespace {

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
  LibjpegFailure failure;
  Destination to;
  jpeg_compress_struct jpeg{};

  Compressor() {
    jpeg.err = failure.start();
    to.manager.init_destination = begin_writing;
    to.manager.empty_output_buffer = grow;
    to.manager.term_destination = end_writing;
  }
  Compressor(const Compressor&) = delete;  // jpeg points to the members
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { jpeg_destroy_compress(&jpeg); }
};

/// Reads the coefficients of an image.
struct CoefficientReader {
  LibjpegFailure failure;
  jpeg_source_mgr source{};
  jpeg_decompress_struct jpeg{};

  explicit CoefficientReader(std::span<const std::byte> bytes) {
    jpeg.err = failure.start();
    start(source, bytes);
  }
  CoefficientReader(const CoefficientReader&) = delete;  // jpeg points to the members
  CoefficientReader& operator=(const CoefficientReader&) = delete;
  ~CoefficientReader() { jpeg_destroy_decompress(&jpeg); }

  /// Valid as long as the reader.
  jvirt_barray_ptr* read();
};

jvirt_barray_ptr* CoefficientReader::read() {
  constexpr unsigned kWholeSegment = 0xffff;
  jvirt_barray_ptr* coefficients = nullptr;
  const bool done = guarded(failure, [this, &coefficients] {
    jpeg_create_decompress(&jpeg);
    jpeg.src = &source;
    jpeg_save_markers(&jpeg, JPEG_COM, kWholeSegment);
    for (int i = 0; i < 16; ++i) jpeg_save_markers(&jpeg, JPEG_APP0 + i, kWholeSegment);
    jpeg_read_header(&jpeg, TRUE);
    const long long pixels = static_cast<long long>(jpeg.image_width) * jpeg.image_height;
    if (pixels > kMaxPixelsInScans) {
      fail(reinterpret_cast<j_common_ptr>(&jpeg), "more than 2^26 pixels");
    }
    coefficients = jpeg_read_coefficients(&jpeg);
  });
  if (!done) failure.raise();
  return coefficients;
}

/// Those that libjpeg does not write by itself.
void copy_markers(const jpeg_decompress_struct& from, jpeg_compress_struct& to) {
  for (auto marker = from.marker_list; marker != nullptr; marker = marker->next) {
    const bool own = (marker->marker == JPEG_APP0 && to.write_JFIF_header != FALSE) ||
                     (marker->marker == JPEG_APP0 + 14 && to.write_Adobe_marker != FALSE);
    if (!own) jpeg_write_marker(&to, marker->marker, marker->data, marker->data_length);
  }
}

}  // namespace

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
  if (!done) compressor.failure.raise();
  return std::move(compressor.to.bytes);
}

std::vector<std::byte> repack_jpeg(std::span<const std::byte> jpeg, int restart_rows) {
  CoefficientReader reader(jpeg);
  jvirt_barray_ptr* const coefficients = reader.read();
  Compressor compressor;
  jpeg_compress_struct& to = compressor.jpeg;
  const bool done = guarded(compressor.failure, [&] {
    jpeg_create_compress(&to);
    to.dest = &compressor.to.manager;
    jpeg_copy_critical_parameters(&reader.jpeg, &to);
    to.restart_in_rows = restart_rows;
    to.optimize_coding = TRUE;
    jpeg_write_coefficients(&to, coefficients);
    copy_markers(reader.jpeg, to);
    jpeg_finish_compress(&to);
  });
  if (!done) compressor.failure.raise();
  return std::move(compressor.to.bytes);
}

}  // namespace forebay::detail
