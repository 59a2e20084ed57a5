#pragma once

// Calls of libjpeg: its errors become a reason, and its data are in memory.

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs FILE
#include <span>

#include <jpeglib.h>

namespace forebay::detail {

/// libjpeg reports an error by calling `error_exit`, which must not return: it jumps back to
/// `guarded`, which is safe because nothing between the two has a destructor.
struct LibjpegFailure {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> reason;

  /// For the `err` of a decompressor or compressor. Warnings after which pixels are missing or
  /// wrong are errors; others are ignored.
  jpeg_error_mgr* start();

  /// Throws `Error` with the reason.
  [[noreturn]] void raise() const;
};

/// Ends what `guarded` runs, with a reason of our own.
[[noreturn]] void fail(j_common_ptr jpeg, const char* reason);

/// Runs `body`, which calls libjpeg and owns nothing; false when libjpeg failed.
template <typename Body>
[[gnu::noinline]] bool guarded(LibjpegFailure& failure, const Body& body) {
  if (setjmp(failure.back) != 0) return false;
  body();
  return true;
}

/// Reads `bytes`, which outlive it; to read beyond them is an error.
void start(jpeg_source_mgr& source, std::span<const std::byte> bytes);

}  // namespace forebay::detail
