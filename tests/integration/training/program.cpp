#include "program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace forebay {

Program::Program(const std::string& path, const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  std::vector<std::string> words = std::vector{path} + arguments;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error = posix_spawn(&pid_, path.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  from_program_ = pipe_ends[0];
  if (error != 0) throw std::runtime_error("cannot start " + path);
}

Program::~Program() {
  if (pid_ > 0) {
    send(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(from_program_);
}

bool Program::read_some() {
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  do {
    count = read(from_program_, buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  log_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

bool Program::wait_for_lines(int count) {
  for (; count > 0; --count) {
    std::size_t end = 0;
    while ((end = log_.find('\n', seen_)) == log_.npos) {
      if (!read_some()) return false;
    }
    seen_ = end + 1;
  }
  return true;
}

bool Program::wait_for_line_with(std::string_view text) {
  for (;;) {
    const std::size_t begin = seen_;
    if (!wait_for_lines(1)) return false;
    if (std::string_view(log_).substr(begin, seen_ - begin).find(text) != text.npos) return true;
  }
}

void Program::send(int signal) const { kill(pid_, signal); }

Ended Program::wait() {
  while (read_some()) {
  }
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0, log_};
  return {-1, WTERMSIG(status), log_};
}

Ended train_imagenet(const std::vector<std::string>& arguments) {
  return Program(FOREBAY_TRAIN_IMAGENET, arguments).wait();
}

std::vector<std::string> lines_with(const std::string& log, std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < log.size();) {
    const std::size_t end = std::min(log.find('\n', begin), log.size());
    std::string line = log.substr(begin, end - begin);
    if (line.find(text) != line.npos) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

double last_value(const std::string& log, const std::string& name) {
  const std::vector<std::string> lines = lines_with(log, name + "=");
  if (lines.empty()) {
    ADD_FAILURE() << "no line with " << name << "= in:\n" << log;
    return -1;
  }
  const std::string& line = lines.back();
  return std::stod(line.substr(line.find(name + "=") + name.size() + 1));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.flush()) << path;
}

std::string digits(const std::string& file) {
  return std::string(FOREBAY_FIXTURES "/digits/") + file;
}

std::vector<std::string> operator+(std::vector<std::string> base,
                                   const std::vector<std::string>& more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

std::vector<std::string> Folder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
    names.push_back(std::filesystem::relative(entry.path(), path()));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace forebay
