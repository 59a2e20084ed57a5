#include "browser.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace forebay::test {
namespace {

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  }
  int ends[2];
};

// The browser reads commands from descriptor 3 and writes answers to 4.
[[noreturn]] void become_browser(const std::string& program, const std::string& profile, int read,
                                 int write) {
  setpgid(0, 0);
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int output : {1, 2}) dup2(nowhere, output);
  // Beyond 4 first: either may be 3 or 4 itself.
  read = fcntl(read, F_DUPFD, 10);
  write = fcntl(write, F_DUPFD, 10);
  dup2(read, 3);
  dup2(write, 4);
  const std::string folder = "--user-data-dir=" + profile;
  execl(program.c_str(), program.c_str(), "--headless", "--remote-debugging-pipe", "--no-sandbox",
        "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad", "--no-first-run",
        "--no-proxy-server", "--window-size=1280,800", folder.c_str(), "about:blank", nullptr);
  _exit(127);
}

}  // namespace

Browser::Browser(const std::string& program) {
  const Pipe commands, answers;
  pid_ = fork();
  if (pid_ == 0) {
    become_browser(program, profile_.path(), commands.ends[0], answers.ends[1]);
  }
  close(commands.ends[0]);
  close(answers.ends[1]);
  to_browser_ = commands.ends[1];
  from_browser_ = answers.ends[0];
  signal(SIGPIPE, SIG_IGN);
  const Json target = call("Target.createTarget", {{"url", "about:blank"}});
  session_ = call("Target.attachToTarget", {{"targetId", target["targetId"]}, {"flatten", true}})
                 .at("sessionId")
                 .get<std::string>();
  for (const char* domain : {"Page", "Runtime", "Log"}) {
    call(std::string(domain) + ".enable", Json::object());
  }
}

Browser::~Browser() {
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(to_browser_);
  close(from_browser_);
}

void Browser::open(const std::string& url) {
  call("Page.navigate", {{"url", url}});
  wait_for("document.readyState == 'complete'");
}

void Browser::resize(int width, int height) {
  call("Emulation.setDeviceMetricsOverride",
       {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", true}});
}

Browser::Json Browser::evaluate(const std::string& expression) {
  const Json answer =
      call("Runtime.evaluate",
           {{"expression", expression}, {"awaitPromise", true}, {"returnByValue", true}});
  if (answer.contains("exceptionDetails")) throw std::runtime_error(answer.dump());
  return answer["result"].value("value", Json());
}

void Browser::wait_for(const std::string& expression) {
  evaluate("new Promise(done => { const look = () => (" + expression +
           ") ? done(true) : setTimeout(look, 20); look(); })");
}

Browser::Json Browser::call(const std::string& method, const Json& parameters) {
  Json message{{"id", ++last_id_}, {"method", method}, {"params", parameters}};
  if (!session_.empty()) message["sessionId"] = session_;
  send(message);
  for (;;) {
    const Json answer = read_message();
    if (answer.value("id", 0) != last_id_) {
      note(answer);
      continue;
    }
    if (answer.contains("error")) throw std::runtime_error(method + ": " + answer.dump());
    return answer["result"];
  }
}

void Browser::note(const Json& event) {
  const std::string method = event.value("method", "");
  const bool is_log = method == "Log.entryAdded" && event["params"]["entry"]["level"] == "error" &&
                      event["params"]["entry"]["source"] != "network";
  if (is_log || method == "Runtime.exceptionThrown") complaints_.push_back(event["params"].dump());
}

void Browser::send(const Json& message) const {
  const std::string text = message.dump() + '\0';
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count = write(to_browser_, text.data() + sent, text.size() - sent);
    if (count <= 0) throw std::runtime_error("the browser has ended");
    sent += static_cast<std::size_t>(count);
  }
}

Browser::Json Browser::read_message() {
  std::size_t end;
  while ((end = unread_.find('\0')) == unread_.npos) {
    char buffer[65536];
    const ssize_t count = read(from_browser_, buffer, sizeof buffer);
    if (count <= 0) throw std::runtime_error("the browser has ended");
    unread_.append(buffer, static_cast<std::size_t>(count));
  }
  const Json message = Json::parse(unread_.substr(0, end));
  unread_.erase(0, end + 1);
  return message;
}

}  // namespace forebay::test
