#pragma once

// Running train_imagenet as its users do: as a process with flags, a log and an exit code.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <support/temporary_folder.hpp>

namespace forebay {

/// How a program ended, and all that it wrote.
struct Ended {
  int code = -1;    // exit code, -1 when a signal ended it
  int signal = 0;   // that signal
  std::string log;  // stdout and stderr together
};

/// A running program. One that has not ended when this goes out of scope is killed.
class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;  // owns a process
  Program& operator=(const Program&) = delete;

  /// Reads on until a whole line has `text` in it; false when the program ended before.
  bool wait_for_line_with(std::string_view text);

  /// Reads on until `count` more lines have come; false when the program ended before.
  bool wait_for_lines(int count);

  void send(int signal) const;
  Ended wait();

 private:
  bool read_some();

  pid_t pid_ = -1;
  int from_program_ = -1;
  std::size_t seen_ = 0;  // of the log, by the functions that wait for lines
  std::string log_;
};

/// Runs train_imagenet to its end.
Ended train_imagenet(const std::vector<std::string>& arguments);

/// The value of the last line `name=value` of a log; fails the test and gives -1 without one.
double last_value(const std::string& log, const std::string& name);

/// All lines of `log` with `text` in them.
std::vector<std::string> lines_with(const std::string& log, std::string_view text);

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);

/// A path of the digits fixture, by its name there.
std::string digits(const std::string& file);

/// `base` and `more` one after the other.
std::vector<std::string> operator+(std::vector<std::string> base,
                                   const std::vector<std::string>& more);

/// An empty folder that goes away with its content.
class Folder : public test::TemporaryFolder {
 public:
  /// Names of all files in it and its folders, sorted.
  std::vector<std::string> files() const;
};

}  // namespace forebay
