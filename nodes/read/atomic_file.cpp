#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/atomic_file.hpp>

namespace forebay {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

void write_all(int descriptor, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw system_error("cannot write " + path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

// A rename survives a power cut only when its folder is synced too. File systems that cannot sync
// a folder lose nothing but that, so failing here is no error.
void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const std::string name = folder.empty() ? "." : folder.string();
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".tmp") {
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw system_error("cannot create " + temporary_, errno);
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::append(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() >= kBufferBytes) {
    write_all(descriptor_, bytes, temporary_);
  } else {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
}

void AtomicFile::append(std::string_view text) { append(std::as_bytes(std::span(text))); }

void AtomicFile::flush() {
  write_all(descriptor_, buffer_, temporary_);
  buffer_.clear();
}

void AtomicFile::sync() {
  if (descriptor_ < 0) return;
  flush();
  if (::fsync(descriptor_) != 0) throw system_error("cannot write " + temporary_, errno);
  // Some network file systems report a full disk only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    throw system_error("cannot write " + temporary_, errno);
  }
}

void AtomicFile::commit() {
  sync();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw system_error(fmt::format("cannot rename {} to {}", temporary_, path_), errno);
  }
  committed_ = true;
  sync_folder_of(path_);
}

}  // namespace forebay
