#pragma once

// Reads and writes safetensors: named tensors behind a JSON header.

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/network/shape.hpp>

namespace forebay {

/// A tensor's description and a view of its values: C order, little endian.
struct StoredTensor {
  std::string name;
  std::string type;   // the format's name: "F32", "I64", "BF16", ...
  TensorShape shape;  // empty for a scalar
  std::span<const std::byte> bytes;
};

using Metadata = std::map<std::string, std::string>;

/// A whole safetensors file in memory. Immutable, so safe from any thread.
class SafetensorsFile {
 public:
  /// Reads and checks everything that the format demands. Throws `Error` naming the file, and the
  /// tensor where there is one; nothing in a file, however damaged, can do more.
  explicit SafetensorsFile(const std::string& path);

  const Metadata& metadata() const { return metadata_; }

  /// In the order of their values in the file. The views live as long as this; they are aligned
  /// for nothing, so copy values out.
  std::span<const StoredTensor> tensors() const { return tensors_; }

  /// Null where there is none of that name.
  const StoredTensor* find(std::string_view name) const;

 private:
  std::unique_ptr<std::byte[]> data_;
  Metadata metadata_;
  std::vector<StoredTensor> tensors_;
};

/// The metadata alone; reads and checks the header and the file's length, not the values.
Metadata read_safetensors_metadata(const std::string& path);

/// Writes header and values as the reference writer lays them out: wider types first, then by
/// name, values 8-byte aligned. Does not finish the file. Throws `Error` where two tensors have one
/// name or where the file cannot be written.
void write_safetensors(AtomicFile& file, std::vector<StoredTensor> tensors,
                       const Metadata& metadata);

/// Bits of one value of `type`; 0 for a type that the format does not have.
int bits_of(std::string_view type);

}  // namespace forebay
