#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/recordio.hpp>

namespace forebay {
namespace {

constexpr std::uint64_t kHeadBytes = 8;

enum PartFlag : std::uint32_t { kWhole = 0, kFirst = 1, kMiddle = 2, kLast = 3 };

struct PartHead {
  std::uint32_t magic = 0;
  std::uint32_t flag = 0;
  std::uint32_t length = 0;

  std::uint64_t padded() const { return (std::uint64_t{length} + 3) / 4 * 4; }
  bool ends_record() const { return flag == kWhole || flag == kLast; }
};

std::uint32_t load_word(const std::byte* from) {
  std::uint32_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

void append_bytes(std::span<const std::byte> bytes, std::vector<std::byte>& out) {
  // Not insert: g++ 12 warns of an overflow there that cannot be.
  const std::size_t size = out.size();
  out.resize(size + bytes.size());
  std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(size));
}

void append_word(std::uint32_t word, std::vector<std::byte>& out) {
  append_bytes(std::as_bytes(std::span(&word, 1)), out);
}

void append_part(PartFlag flag, std::span<const std::byte> data, std::vector<std::byte>& out) {
  append_word(kRecordMagic, out);
  append_word((static_cast<std::uint32_t>(flag) << 29) | static_cast<std::uint32_t>(data.size()),
              out);
  append_bytes(data, out);
  out.resize((out.size() + 3) / 4 * 4);
}

// `bytes` holds at least a head; `left` counts the bytes up to where the record must end.
PartHead parse_head(std::span<const std::byte> bytes, bool begins_record, std::uint64_t left) {
  const std::uint32_t word = load_word(bytes.data() + 4);
  const PartHead head{load_word(bytes.data()), word >> 29, word & ((1U << 29) - 1)};
  if (head.magic != kRecordMagic) {
    throw Error(fmt::format("no record {} here (found 0x{:08x}, not the magic 0x{:08x})",
                            begins_record ? "begins" : "goes on", head.magic, kRecordMagic));
  }
  const bool fits =
      begins_record ? head.flag <= kFirst : head.flag == kMiddle || head.flag == kLast;
  if (!fits) {
    throw Error(fmt::format("the record {} with a part of kind {}",
                            begins_record ? "begins" : "goes on", head.flag));
  }
  if (kHeadBytes + head.padded() > left) {
    throw Error(fmt::format("a part of the record takes {} bytes, but only {} are left",
                            kHeadBytes + head.padded(), left));
  }
  return head;
}

[[noreturn]] void throw_short_head(std::uint64_t left) {
  throw Error(fmt::format("a record head takes {} bytes, but only {} are left", kHeadBytes, left));
}

// Reads heads that lie at growing offsets, several with one read where they are near each other.
class HeadWindow {
 public:
  explicit HeadWindow(const File& file) : file_(file) {}

  std::span<const std::byte> at(std::uint64_t offset) {
    if (offset < begin_ || offset + kHeadBytes > end_) {
      begin_ = offset;
      end_ = std::min(file_.size(), offset + bytes_.size());
      file_.read(begin_, std::span(bytes_).first(end_ - begin_));
    }
    return std::span(bytes_).subspan(offset - begin_, kHeadBytes);
  }

 private:
  const File& file_;
  std::array<std::byte, 4096> bytes_{};
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

std::uint64_t end_of_record(HeadWindow& window, std::uint64_t offset, std::uint64_t file_size) {
  for (bool first = true;; first = false) {
    const std::uint64_t left = file_size - offset;
    if (left < kHeadBytes) throw_short_head(left);
    const PartHead head = parse_head(window.at(offset), first, left);
    offset += kHeadBytes + head.padded();
    if (head.ends_record()) return offset;
  }
}

}  // namespace

void append_record(std::span<const std::byte> payload, std::vector<std::byte>& out) {
  if (payload.size() > kMaxRecordBytes) {
    throw Error(fmt::format("a record of {} bytes does not fit RecordIO; it takes at most {}",
                            payload.size(), kMaxRecordBytes));
  }
  std::size_t begin = 0;
  for (std::size_t at = 0; at + 4 <= payload.size(); at += 4) {
    if (load_word(payload.data() + at) != kRecordMagic) continue;
    append_part(begin == 0 ? kFirst : kMiddle, payload.subspan(begin, at - begin), out);
    begin = at + 4;
  }
  append_part(begin == 0 ? kWhole : kLast, payload.subspan(begin), out);
}

ParsedRecord parse_record(std::span<const std::byte> bytes) {
  ParsedRecord record;
  for (bool first = true;; first = false) {
    const auto rest = bytes.subspan(record.size);
    if (rest.size() < kHeadBytes) throw_short_head(rest.size());
    const PartHead head = parse_head(rest, first, rest.size());
    const auto data = rest.subspan(kHeadBytes, head.length);
    record.size += kHeadBytes + head.padded();
    if (head.flag == kWhole) {
      record.payload = data;
      return record;
    }
    if (!first) append_word(kRecordMagic, record.joined);
    append_bytes(data, record.joined);
    if (head.flag == kLast) {
      record.payload = record.joined;
      return record;
    }
  }
}

std::vector<std::uint64_t> scan_records(const File& file, std::uint64_t begin,
                                        std::uint64_t number) {
  file.advise(Access::kRandom);  // the images between the heads are not wanted now
  HeadWindow window(file);
  std::vector<std::uint64_t> offsets;
  for (std::uint64_t at = begin; at < file.size(); ++number) {
    offsets.push_back(at);
    try {
      at = end_of_record(window, at, file.size());
    } catch (const Error& error) {
      throw Error(
          fmt::format("{}, record {} at byte {}: {}; the file is damaged or cut off: copy "
                      "or pack it again",
                      file.path(), number, at, error.what()));
    }
  }
  return offsets;
}

ImageParts unpack(std::span<const std::byte> payload) {
  ImageParts parts;
  if (payload.size() < sizeof parts.header) {
    throw Error(fmt::format("not an image record: its {} bytes are fewer than the {} of a header",
                            payload.size(), sizeof parts.header));
  }
  std::memcpy(&parts.header, payload.data(), sizeof parts.header);
  const std::uint64_t count = parts.header.flag;
  const auto rest = payload.subspan(sizeof parts.header);
  if (count > rest.size() / sizeof(float)) {
    throw Error(
        fmt::format("not an image record: {} labels do not fit in {} bytes", count, rest.size()));
  }
  const auto* labels = count == 0 ? payload.data() + offsetof(ImageHeader, label) : rest.data();
  parts.labels = {reinterpret_cast<const float*>(labels), std::max<std::size_t>(count, 1)};
  parts.image = rest.subspan(count * sizeof(float));
  return parts;
}

std::vector<std::byte> pack(const ImageHeader& header, std::span<const float> labels,
                            std::span<const std::byte> image) {
  if (header.flag != labels.size()) {
    throw Error(fmt::format("cannot pack image {}: its header says {} labels, {} are given",
                            header.id, header.flag, labels.size()));
  }
  std::vector<std::byte> payload;
  payload.reserve(sizeof header + labels.size_bytes() + image.size());
  append_bytes(std::as_bytes(std::span(&header, 1)), payload);
  append_bytes(std::as_bytes(labels), payload);
  append_bytes(image, payload);
  return payload;
}

std::vector<std::byte> pack(std::span<const float> labels, std::uint64_t id,
                            std::span<const std::byte> image) {
  if (labels.empty()) throw Error(fmt::format("cannot pack image {}: it has no label", id));
  if (labels.size() == 1) return pack({.label = labels[0], .id = id}, {}, image);
  return pack({.flag = static_cast<std::uint32_t>(labels.size()), .id = id}, labels, image);
}

}  // namespace forebay
