#include <forebay/top/screen.hpp>

#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string>
#include <string_view>

// Last: its macros (`timeout`, ...) must not reach other headers.
#define NCURSES_NOMACROS 1
#include <ncurses.h>
#include <term.h>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr short kGreenPair = 1, kRedPair = 2;
constexpr int kEscapeDelay = 25;  // ms that the rest of an arrow key may be late

bool utf8_characters = false;

void check_terminal() {
  const char* kind = std::getenv("TERM");
  const std::string name = kind == nullptr ? "" : kind;
  int status = 0;
  if (setupterm(nullptr, STDOUT_FILENO, &status) != OK) {
    throw Error("the terminal's type, TERM=" + name +
                ", is not known here; set TERM, or give --once or --json");
  }
  const char* position = tigetstr("cup");
  const bool placed = position != nullptr && position != reinterpret_cast<const char*>(-1);
  del_curterm(cur_term);  // the screen sets up its own
  if (!placed || name == "dumb") {
    throw Error("a terminal with TERM=" + name +
                " cannot be drawn on; give --once for a table, or --json");
  }
}

attr_t attributes(Style style) {
  const auto colour = [](short pair, attr_t otherwise) {
    return has_colors() ? static_cast<attr_t>(COLOR_PAIR(pair)) : otherwise;
  };
  switch (style) {
    case Style::kPlain:
      break;
    case Style::kFaint:
      return A_DIM;
    case Style::kStrong:
      return A_BOLD;
    case Style::kGood:
      return colour(kGreenPair, A_NORMAL);
    case Style::kBad:
      return colour(kRedPair, A_NORMAL) | A_BOLD;
    case Style::kTitle:
      return A_BOLD | A_UNDERLINE;
    case Style::kChosen:
      return A_REVERSE;
  }
  return A_NORMAL;
}

Key key_of(int code) {
  switch (code) {
    case KEY_UP:
      return {Key::Kind::kUp};
    case KEY_DOWN:
      return {Key::Kind::kDown};
    case KEY_LEFT:
      return {Key::Kind::kLeft};
    case KEY_RIGHT:
      return {Key::Kind::kRight};
    case KEY_PPAGE:
      return {Key::Kind::kPageUp};
    case KEY_NPAGE:
      return {Key::Kind::kPageDown};
    default:
      break;
  }
  if (code < ' ' || code > '~') return {Key::Kind::kOther};
  return {Key::Kind::kCharacter, static_cast<char>(code)};
}

}  // namespace

bool use_environments_characters() {
  std::setlocale(LC_CTYPE, "");
  utf8_characters = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  return utf8_characters;
}

Screen::Screen() {
  check_terminal();
  use_environments_characters();
  set_escdelay(kEscapeDelay);
  if (initscr() == nullptr) throw Error("the terminal cannot be drawn on; give --once or --json");
  cbreak();
  noecho();
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  curs_set(0);
  const char* no_color = std::getenv("NO_COLOR");
  if ((no_color == nullptr || *no_color == '\0') && has_colors()) {
    start_color();
    use_default_colors();
    init_pair(kGreenPair, COLOR_GREEN, -1);
    init_pair(kRedPair, COLOR_RED, -1);
  }
}

Screen::~Screen() { endwin(); }

std::size_t Screen::width() const { return static_cast<std::size_t>(getmaxx(stdscr)); }

std::size_t Screen::height() const { return static_cast<std::size_t>(getmaxy(stdscr)); }

void Screen::paint(const std::vector<Line>& content) {
  erase();
  for (std::size_t y = 0; y < content.size(); ++y) {
    move(static_cast<int>(y), 0);
    for (const Span& span : content[y]) {
      const std::string text = utf8_characters ? span.text : as_ascii(span.text);
      attrset(static_cast<int>(attributes(span.style)));
      addstr(text.c_str());
    }
  }
  attrset(A_NORMAL);
  refresh();
}

Key Screen::wait(std::chrono::milliseconds patience) {
  int code = getch();
  if (code == ERR) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    poll(&input, 1, static_cast<int>(patience.count()));
    if ((input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return {Key::Kind::kGone};
    code = getch();
  }
  return code == ERR ? Key{} : key_of(code);
}

}  // namespace forebay
