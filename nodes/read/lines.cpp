#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/lines.hpp>

namespace forebay {

void for_each_line(const std::string& path,
                   const std::function<void(std::string_view line, std::uint64_t number)>& body) {
  if (std::filesystem::is_directory(path)) throw Error("cannot read " + path + ": it is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw system_error("cannot open " + path, errno);
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos) body(line, number);
  }
  if (file.bad()) throw system_error("cannot read " + path, errno);
}

std::string excerpt(std::string_view line) {
  constexpr std::size_t kLimit = 60;
  std::string text(line.substr(0, kLimit));
  const auto unprintable = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; };
  std::ranges::replace_if(text, unprintable, '?');
  return line.size() > kLimit ? text + "..." : text;
}

}  // namespace forebay
