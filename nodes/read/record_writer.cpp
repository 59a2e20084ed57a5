#include <filesystem>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/record_writer.hpp>
#include <forebay/nodes/read/recordio.hpp>

namespace forebay {

RecordWriter::RecordWriter(const std::string& path, const std::string& index)
    : path_(path), index_path_(index), data_(path) {
  if (!index.empty()) index_.emplace(index);
}

void RecordWriter::write(std::uint64_t key, std::span<const std::byte> payload) {
  record_.clear();
  try {
    append_record(payload, record_);
  } catch (const Error& error) {
    throw Error(fmt::format("cannot write record {} of {}: {}", records_, path_, error.what()));
  }
  data_.append(record_);
  if (index_) index_->append(index_line({.key = key, .offset = bytes_}));
  bytes_ += record_.size();
  ++records_;
}

void RecordWriter::close() {
  data_.sync();
  if (index_) {
    index_->sync();
    std::filesystem::remove(index_path_);  // the one of an older .rec
  }
  data_.commit();
  if (index_) index_->commit();
}

}  // namespace forebay
