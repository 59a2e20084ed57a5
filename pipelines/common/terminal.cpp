#include <common/terminal.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace forebay {

bool terminal_on_stderr() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t terminal_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  const auto hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{}:{:02}", minutes, rest);
}

std::string join_while_fitting(const std::vector<std::string>& fields, std::size_t width) {
  std::string line;
  for (const auto& field : fields) {
    const std::string more = line.empty() ? field : "  " + field;
    // The last column stays free: some terminals wrap when it is written.
    if (line.size() + more.size() >= width) break;
    line += more;
  }
  return line;
}

}  // namespace forebay
