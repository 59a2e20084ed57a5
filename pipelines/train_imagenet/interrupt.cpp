#include <train_imagenet/interrupt.hpp>

#include <signal.h>
#include <unistd.h>

#include <string_view>

namespace forebay {
namespace {

volatile sig_atomic_t signals_seen = 0;

void on_signal(int) {
  signals_seen = signals_seen + 1;
  if (signals_seen > 1) _exit(130);
  constexpr std::string_view kText =
      "\nFinishing the step under way; again to stop at once without saving.\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText.data(), kText.size());
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptWatch::InterruptWatch() { handle(on_signal); }

InterruptWatch::~InterruptWatch() { handle(SIG_DFL); }

bool InterruptWatch::seen() { return signals_seen != 0; }

}  // namespace forebay
