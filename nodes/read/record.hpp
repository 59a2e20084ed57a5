#pragma once

// One encoded image with its labels, as it comes from a .rec file or a folder.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace forebay {

/// One sample before decoding. Cheap to move and to copy: the bytes are a view into a block that
/// `owner` keeps alive, shared with the other records of that block.
struct Record {
  /// `number` where the file itself is the image.
  static constexpr std::uint64_t kWholeFile = ~std::uint64_t{0};

  std::span<const std::byte> image;   // encoded: JPEG, PNG, ...
  std::span<const float> labels;      // at least one
  std::shared_ptr<const void> owner;  // of image and labels

  std::uint64_t id = 0;        // image_id of the record, or its place in the folder listing
  std::uint64_t position = 0;  // place in the stream of all epochs; the key of its randomness
  std::uint64_t index = 0;     // among all records of the data, from 0
  std::uint64_t number = 0;    // record number in its file, from 0
  const std::string* file = nullptr;  // path; owned by the reader, which outlives the record
};

/// What is left of a record whose bytes are not read again.
struct KnownRecord {
  std::uint64_t id = 0;
  std::span<const float> labels;
};

/// Bytes of the encoded image: for queues that are limited in bytes.
inline std::size_t byte_size(const Record& record) { return record.image.size(); }

/// "train.rec, record 17 (id 5)", or the path of an image file: for error messages.
std::string describe(const Record& record);

}  // namespace forebay
