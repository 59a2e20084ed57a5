#include <forebay/nodes/checkpoint/safetensors.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little endian");

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeader = 100'000'000;  // the format's own limit
constexpr int kDeepestJson = 4;                        // header, tensor, list, number

using Json = nlohmann::json;

// What every failure here says first, and last.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
      const int error_number = errno;
      if (descriptor_ >= 0) ::close(descriptor_);
      throw system_error(fmt::format("reading \"{}\"", path), error_number);
    }
    size_ = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  ~Reader() { ::close(descriptor_); }
  Reader(const Reader&) = delete;  // owns the descriptor
  Reader& operator=(const Reader&) = delete;

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(
        fmt::format("reading \"{}\": {}; it is damaged or no safetensors file", path_, what));
  }

  std::uint64_t size() const { return size_; }

  void read(void* to, std::uint64_t count, std::uint64_t offset) const {
    auto* at = static_cast<std::byte*>(to);
    while (count > 0) {
      const ssize_t got = ::pread(descriptor_, at, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error(fmt::format("reading \"{}\"", path_), errno);
      if (got == 0) refuse("it became shorter while it was read");
      at += got;
      offset += static_cast<std::uint64_t>(got);
      count -= static_cast<std::uint64_t>(got);
    }
  }

 private:
  const std::string& path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

struct Entry {
  StoredTensor tensor;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  Metadata metadata;
  std::vector<Entry> entries;  // in the order of their values
  std::uint64_t data_begin = 0, data_size = 0;
};

std::string read_header_text(const Reader& reader) {
  if (reader.size() < kLengthBytes) {
    reader.refuse(
        fmt::format("it has {} bytes, fewer than the header's length takes", reader.size()));
  }
  std::uint64_t length = 0;
  reader.read(&length, kLengthBytes, 0);
  if (length > kLargestHeader) {
    reader.refuse(
        fmt::format("its header would have {} bytes; {} are allowed", length, kLargestHeader));
  }
  if (length > reader.size() - kLengthBytes) {
    reader.refuse(fmt::format("its header would have {} bytes, the file has {} after the length",
                              length, reader.size() - kLengthBytes));
  }
  std::string text(length, '\0');
  reader.read(text.data(), length, kLengthBytes);
  if (!text.starts_with('{')) reader.refuse("its header does not begin with \"{\"");
  return text;
}

// The JSON library keeps the last of two equal keys, and takes any depth: look while it parses.
Json parse_json(const Reader& reader, const std::string& text) {
  std::vector<std::set<std::string>> keys;
  const Json::parser_callback_t look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepestJson) reader.refuse("its header is nested too deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(parsed.get_ref<const std::string&>()).second) {
      reader.refuse(
          fmt::format("its header has \"{}\" twice", parsed.get_ref<const std::string&>()));
    }
    return true;
  };
  try {
    return Json::parse(text, look);
  } catch (const Json::exception&) {
    reader.refuse("its header is not valid JSON");
  }
}

Metadata parse_metadata(const Reader& reader, const Json& json) {
  if (!json.is_object()) reader.refuse("its metadata is not an object");
  Metadata metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) reader.refuse(fmt::format("its metadata \"{}\" is not text", key));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// A list of non-negative integers, or nothing.
std::optional<std::vector<std::uint64_t>> parse_numbers(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  for (const Json& value : json) {
    if (!value.is_number_unsigned()) return std::nullopt;
    numbers.push_back(value.get<std::uint64_t>());
  }
  return numbers;
}

// Bytes of a tensor, or nothing where they do not fit 63 bits or whole bytes.
std::optional<std::uint64_t> bytes_needed(const std::vector<std::uint64_t>& shape, int bits) {
  std::int64_t total = bits;
  for (std::uint64_t size : shape) {
    if (!std::in_range<std::int64_t>(size) || __builtin_mul_overflow(total, size, &total)) {
      return std::nullopt;
    }
  }
  if (total % 8 != 0) return std::nullopt;
  return static_cast<std::uint64_t>(total / 8);
}

Entry parse_tensor(const Reader& reader, const std::string& name, const Json& json) {
  const auto refuse = [&](const std::string& what) {
    reader.refuse(fmt::format("tensor \"{}\" {}", name, what));
  };
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets")) {
    refuse("is not described by dtype, shape and data_offsets");
  }
  if (!json["dtype"].is_string()) refuse("has a type that is not text");
  const auto type = json["dtype"].get<std::string>();
  const int bits = bits_of(type);
  if (bits == 0) refuse(fmt::format("has the unknown type \"{}\"", type));
  const auto shape = parse_numbers(json["shape"]);
  if (!shape) refuse("has a shape that is not a list of sizes");
  const auto offsets = parse_numbers(json["data_offsets"]);
  if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1]) {
    refuse("has data_offsets that are not a begin and an end");
  }
  const auto needed = bytes_needed(*shape, bits);
  if (!needed) refuse(fmt::format("has the impossible shape [{}]", fmt::join(*shape, ", ")));
  const std::uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (end - begin != *needed) {
    refuse(fmt::format("has {} bytes; {} [{}] takes {}", end - begin, type, fmt::join(*shape, ", "),
                       *needed));
  }
  return {{name, type, TensorShape(shape->begin(), shape->end()), {}}, begin, end};
}

// Values must follow one another without hole or overlap, from the header to the file's end.
void check_tiling(const Reader& reader, const Header& header) {
  std::uint64_t at = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != at) {
      reader.refuse(fmt::format("tensor \"{}\" begins at byte {} of the values, not at {}",
                                entry.tensor.name, entry.begin, at));
    }
    at = entry.end;
  }
  if (at != header.data_size) {
    reader.refuse(fmt::format("its tensors take {} bytes, the file has {} after the header", at,
                              header.data_size));
  }
}

Header read_header(const Reader& reader) {
  const std::string text = read_header_text(reader);
  const Json json = parse_json(reader, text);
  Header header;
  header.data_begin = kLengthBytes + text.size();
  header.data_size = reader.size() - header.data_begin;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(reader, value);
    } else {
      header.entries.push_back(parse_tensor(reader, name, value));
    }
  }
  std::ranges::sort(header.entries, {},
                    [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  check_tiling(reader, header);
  return header;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) {
  const Reader reader(path);
  Header header = read_header(reader);
  metadata_ = std::move(header.metadata);
  data_ = std::make_unique_for_overwrite<std::byte[]>(header.data_size);
  reader.read(data_.get(), header.data_size, header.data_begin);
  for (Entry& entry : header.entries) {
    entry.tensor.bytes = {data_.get() + entry.begin, entry.end - entry.begin};
    tensors_.push_back(std::move(entry.tensor));
  }
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &StoredTensor::name);
  return found == tensors_.end() ? nullptr : &*found;
}

Metadata read_safetensors_metadata(const std::string& path) {
  return read_header(Reader(path)).metadata;
}

}  // namespace forebay
