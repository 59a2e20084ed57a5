#include <forebay/graph/record/record_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/graph/record/lines.hpp>

namespace forebay::detail {

RecordFile::RecordFile(std::string path, Existing existing) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (descriptor_ < 0) throw system_error("cannot record to '" + path_ + "'", errno);
  try {
    take_over(existing);
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

RecordFile::~RecordFile() { close(descriptor_); }

void RecordFile::take_over(Existing existing) {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) throw system_error("cannot read '" + path_ + "'", errno);
  if (!S_ISREG(status.st_mode)) throw Error("'" + path_ + "' is no file; give the name of one");
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw Error("another process records to '" + path_ + "'; give another file");
  }
  if (status.st_size == 0) return;
  std::string begin(kRecordingBegin.size(), '\0');
  const ssize_t count = pread(descriptor_, begin.data(), begin.size(), 0);
  if (count < 0) throw system_error("cannot read '" + path_ + "'", errno);
  if (begin != kRecordingBegin) {
    throw Error("'" + path_ + "' holds something else than a recording; give another file");
  }
  if (existing == Existing::kRefuse) {
    throw Error("'" + path_ + "' holds a recording already; give another file");
  }
  if (existing == Existing::kContinue) {
    LineReader reader;
    size_ = read_lines(path_, reader);
  }
  if (ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
    throw system_error("cannot record to '" + path_ + "'", errno);
  }
}

void RecordFile::append(std::string_view lines) {
  std::string_view rest = lines;
  while (!rest.empty()) {
    const ssize_t count = write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int why = errno;
      // Without it the next line would go on with the begin of this one; there is no more to do.
      [[maybe_unused]] const int ignored = ftruncate(descriptor_, static_cast<off_t>(size_));
      throw system_error("cannot record to '" + path_ + "'", why);
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ += lines.size();
}

}  // namespace forebay::detail
