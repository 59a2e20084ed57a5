#pragma once

// How training state and the bond between a checkpoint's two files are written as metadata.

#include <cstdint>
#include <span>
#include <string>

#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/checkpoint/safetensors.hpp>

namespace forebay::detail {

Metadata to_metadata(const TrainingState& state);

/// Throws `Error` naming `path` and the entry that is missing, not a number, or out of range.
TrainingState to_state(const Metadata& metadata, const std::string& path);

/// A number from `metadata`; throws as above.
std::int64_t integer(const Metadata& metadata, const std::string& key, const std::string& path);

/// 16 hexadecimal digits over names and values, whatever the tensors' order. It finds damage, not
/// forgery.
std::string checksum(std::span<const StoredTensor> tensors);

/// The file with the state of the model in `stem`: under its name, or complete and about to be
/// renamed when a crash came. Throws `Error` where neither belongs to the model.
std::string matching_state(const std::string& stem);

/// Renames the state that a crash left complete but not renamed, so that the next save of `stem`
/// does not overwrite the only state of the model there.
void complete_interrupted_save(const std::string& stem);

}  // namespace forebay::detail
