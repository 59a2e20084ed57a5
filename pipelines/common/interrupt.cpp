#include <common/interrupt.hpp>

#include <signal.h>
#include <unistd.h>

namespace forebay {
namespace {

volatile sig_atomic_t signals_seen = 0;
std::string_view text;  // set while no handler is installed

void on_signal(int) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) _exit(130);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptWatch::InterruptWatch(std::string_view message) {
  text = message;
  handle(on_signal);
}

InterruptWatch::~InterruptWatch() { handle(SIG_IGN); }

bool InterruptWatch::seen() { return signals_seen != 0; }

}  // namespace forebay
