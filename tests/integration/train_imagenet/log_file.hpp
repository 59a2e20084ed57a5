#pragma once

// A log's file that is read back.

#include <cstdio>
#include <string>

#include <train_imagenet/log.hpp>

namespace forebay {

class LogFile {
 public:
  LogFile() = default;
  ~LogFile() { std::fclose(file_); }
  LogFile(const LogFile&) = delete;  // owns the file

  std::FILE* get() const { return file_; }

  /// Writes messages alone. Not beyond this.
  Log plain() const {
    return Log(file_, LogPrefix::kPlain, [] { return std::string(); });
  }

  std::string text() const {
    std::string text(1 << 16, '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

 private:
  std::FILE* const file_ = std::tmpfile();
};

}  // namespace forebay
