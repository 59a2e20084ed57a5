#pragma once

// The RecordIO format of dmlc and MXNet: records in a .rec file, and the image record in each.
//
// A record is one or more parts: magic, flag and length in one word, data, zeros up to a multiple
// of 4. The magic never occurs at a 4-aligned place inside a part: where the payload has it, the
// payload is cut there, the magic is left out and the reader puts it back. All little endian.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <forebay/nodes/read/file.hpp>

namespace forebay {

inline constexpr std::uint32_t kRecordMagic = 0xced7230a;
inline constexpr std::uint64_t kMaxRecordBytes = (1U << 29) - 1;

/// Appends `payload` as one record. Throws `Error` above `kMaxRecordBytes`.
void append_record(std::span<const std::byte> payload, std::vector<std::byte>& out);

/// A record found at the beginning of some bytes.
struct ParsedRecord {
  std::span<const std::byte> payload;  // into the bytes parsed, or into `joined`
  std::uint64_t size = 0;              // of the whole record with heads and padding
  std::vector<std::byte> joined;       // the payload, when it was stored in several parts
};

/// Throws `Error` (without the file's name) when no whole, valid record begins there.
ParsedRecord parse_record(std::span<const std::byte> bytes);

/// Offsets of the records from byte `begin` to the end of the file; `begin` is that of record
/// `number`. Reads the heads alone, at least 4 KiB at a time: about one small read per record.
/// Throws `Error` naming file, record and byte where the file is damaged or cut off.
std::vector<std::uint64_t> scan_records(const File& file, std::uint64_t begin = 0,
                                        std::uint64_t number = 0);

/// The first 24 bytes of an image record, as stored.
struct ImageHeader {
  std::uint32_t flag = 0;  // 0: the label is `label`; n: n labels follow the header
  float label = 0;
  std::uint64_t id = 0;
  std::uint64_t id2 = 0;  // unused by MXNet, 0
};
static_assert(sizeof(ImageHeader) == 24);

/// An image record taken apart; the spans point into its payload.
struct ImageParts {
  ImageHeader header;
  std::span<const float> labels;
  std::span<const std::byte> image;
};

/// `payload` must be 4-aligned in memory. Throws `Error` when it is too short.
ImageParts unpack(std::span<const std::byte> payload);

/// The payload of an image record, exactly as MXNet's `recordio.pack` makes it. `header.flag` is
/// the number of `labels`, which are empty when the label is in the header; else throws `Error`.
std::vector<std::byte> pack(const ImageHeader& header, std::span<const float> labels,
                            std::span<const std::byte> image);

/// One label goes into the header, several follow it. Throws `Error` when there is none.
std::vector<std::byte> pack(std::span<const float> labels, std::uint64_t id,
                            std::span<const std::byte> image);

}  // namespace forebay
