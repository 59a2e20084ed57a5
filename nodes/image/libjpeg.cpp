#include <forebay/nodes/image/libjpeg.hpp>

#include <string>

#include <fmt/format.h>

#include <jerror.h>  // after jpeglib.h, whose settings decide the values of the message codes

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

LibjpegFailure& failure_of(j_common_ptr jpeg) {
  return *reinterpret_cast<LibjpegFailure*>(jpeg->err);
}

[[noreturn]] void fail(j_common_ptr jpeg) {
  jpeg->err->format_message(jpeg, failure_of(jpeg).reason.data());
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

void do_nothing(j_decompress_ptr) {}

boolean on_end_of_data(j_decompress_ptr jpeg) {
  detail::fail(reinterpret_cast<j_common_ptr>(jpeg), "premature end of data");
}

void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if (static_cast<std::size_t>(count) > jpeg->src->bytes_in_buffer) on_end_of_data(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= static_cast<std::size_t>(count);
}

}  // namespace

void fail(j_common_ptr jpeg, const char* reason) {
  std::snprintf(failure_of(jpeg).reason.data(), failure_of(jpeg).reason.size(), "%s", reason);
  std::longjmp(failure_of(jpeg).back, 1);
}

jpeg_error_mgr* LibjpegFailure::start() {
  jpeg_error_mgr* made = jpeg_std_error(&manager);
  made->error_exit = on_error;
  made->emit_message = on_message;
  reason[0] = '\0';
  return made;
}

void LibjpegFailure::raise() const { throw Error(fmt::format("JPEG: {}", reason.data())); }

void start(jpeg_source_mgr& source, std::span<const std::byte> bytes) {
  source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  source.bytes_in_buffer = bytes.size();
  source.init_source = do_nothing;
  source.fill_input_buffer = on_end_of_data;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = do_nothing;
}

}  // namespace forebay::detail
