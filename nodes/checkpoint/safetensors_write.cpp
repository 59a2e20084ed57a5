#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/checkpoint/safetensors.hpp>

namespace forebay {
namespace {

constexpr std::size_t kAlignment = 8;

// In the reference's order, which is also its order of layout, from the last to the first.
constexpr std::array<std::pair<std::string_view, int>, 17> kTypes{{{"BOOL", 8},
                                                                   {"U8", 8},
                                                                   {"I8", 8},
                                                                   {"F8_E5M2", 8},
                                                                   {"F8_E4M3", 8},
                                                                   {"F8_E8M0", 8},
                                                                   {"I16", 16},
                                                                   {"U16", 16},
                                                                   {"F16", 16},
                                                                   {"BF16", 16},
                                                                   {"I32", 32},
                                                                   {"U32", 32},
                                                                   {"F32", 32},
                                                                   {"C64", 64},
                                                                   {"F64", 64},
                                                                   {"I64", 64},
                                                                   {"U64", 64}}};

auto find_type(std::string_view type) {
  return std::ranges::find(kTypes, type, [](const auto& known) { return known.first; });
}

using Json = nlohmann::ordered_json;  // keeps the header in the order of the values

std::string header_text(std::span<const StoredTensor> tensors, const Metadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const StoredTensor& tensor : tensors) {
    const std::size_t end = begin + tensor.bytes.size();
    assert(static_cast<std::size_t>(elements(tensor.shape)) *
               static_cast<std::size_t>(bits_of(tensor.type)) ==
           tensor.bytes.size() * 8);
    if (header.contains(tensor.name)) {
      throw Error(fmt::format("writing safetensors: two tensors are named \"{}\"", tensor.name));
    }
    header[tensor.name] = {
        {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

}  // namespace

int bits_of(std::string_view type) {
  const auto* found = find_type(type);
  return found == kTypes.end() ? 0 : found->second;
}

void write_safetensors(AtomicFile& file, std::vector<StoredTensor> tensors,
                       const Metadata& metadata) {
  std::ranges::sort(tensors, {}, [](const StoredTensor& tensor) {
    return std::pair(kTypes.end() - find_type(tensor.type), std::string_view(tensor.name));
  });
  const std::string header = header_text(tensors, metadata);
  const std::uint64_t length = header.size();
  file.append(std::as_bytes(std::span(&length, 1)));
  file.append(std::as_bytes(std::span(header)));
  for (const StoredTensor& tensor : tensors) file.append(tensor.bytes);
}

}  // namespace forebay
