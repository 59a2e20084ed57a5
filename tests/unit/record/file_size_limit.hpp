#pragma once

// A disk that is full, for the files that this process writes.

#include <sys/resource.h>

#include <csignal>

namespace forebay::test {

/// While this lives no file can become larger than `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;  // puts back what was before

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace forebay::test
