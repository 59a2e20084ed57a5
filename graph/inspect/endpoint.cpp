#include <forebay/graph/inspect/endpoint.hpp>

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/http.hpp>
#include <forebay/graph/inspect/routes.hpp>
#include <forebay/graph/inspect/serve_web.hpp>
#include <forebay/graph/inspect/unix_socket.hpp>
#include <forebay/graph/inspect/web_server.hpp>

namespace forebay {
namespace detail {
namespace {

constexpr std::chrono::seconds kLookAfterSocket{10};

bool is_own_folder(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

void make_folder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw system_error("cannot make the folder " + folder, errno);
  }
  check_folder(folder);
}

// Calls `open` with the socket's path in the first folder where that works.
template <typename Open>
void open_somewhere(const Open& open) {
  std::string why;
  for (const std::string& folder : socket_folders()) {
    try {
      make_folder(folder);
      open(folder + "/" + std::to_string(getpid()) + ".sock");
      return;
    } catch (const Error& error) {
      why += (why.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw Error(why);
}

// The servers of this process. The lock is for starting them and for forks.
struct Endpoint {
  std::mutex mutex;
  std::atomic<pid_t> tried_by{0};
  std::unique_ptr<HttpServer> server;
  std::string path;
  std::unique_ptr<WebServer> web;
  std::vector<const void*> of_parents;  // where leak checkers find what a fork left behind

  void start();
  void start_web(const WebOptions& options);
  void look_after_socket();
};

Endpoint& endpoint() {
  static Endpoint& endpoint = *new Endpoint;  // never destroyed: a run may begin while others end
  return endpoint;
}

void Endpoint::start() {
  const auto reply = [](const HttpRequest& request) { return answer(process_registry(), request); };
  open_somewhere([&](const std::string& place) {
    server = std::make_unique<HttpServer>(place, reply);
    path = place;
  });
  server->every(kLookAfterSocket, [this, first = true]() mutable {
    if (std::exchange(first, false)) live_sockets();
    look_after_socket();
  });
}

void Endpoint::start_web(const WebOptions& options) {
  if (web) throw Error("this process serves its web page already, at " + web->url());
  web = std::make_unique<WebServer>(process_registry(), options);
}

// The runtime directory goes when its user logs out; a training that goes on moves to /tmp.
void Endpoint::look_after_socket() {
  if (access(path.c_str(), F_OK) == 0) return;
  open_somewhere([this](const std::string& place) {
    server->open(place);
    path = place;
  });
}

void stop_at_exit() {
  Endpoint& it = endpoint();
  const std::lock_guard lock(it.mutex);
  it.web.reset();
  it.server.reset();
}

// A child has neither the servers' threads nor those of the graphs. It gives up its copies of the
// sockets, so that the parent's end is noticed, and gets a server of its own when it runs a graph.
void before_fork() {
  endpoint().mutex.lock();
  process_registry().lock();
}
void after_fork_in_parent() {
  process_registry().unlock();
  endpoint().mutex.unlock();
}
void after_fork_in_child() {
  process_registry().forget();
  process_registry().unlock();
  Endpoint& it = endpoint();
  const auto leave = [&it](auto& server) {  // destroying it would end the parent's
    if (!server) return;
    server->disown();
    it.of_parents.push_back(server.release());
  };
  leave(it.server);
  leave(it.web);
  it.mutex.unlock();
}

// Before there is any server.
void watch_process() {
  static const bool watched =
      std::atexit(stop_at_exit) == 0 &&
      pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
  if (!watched) throw Error("no memory");
}

void warn(const char* why) noexcept {
  std::fprintf(stderr,
               "forebay: this process cannot be inspected: %s (FOREBAY_INSPECT=0: do not try)\n",
               why);
}

// For programs that have no flag for it.
void serve_web_if_wanted(Endpoint& it) noexcept {
  const char* address = std::getenv("FOREBAY_INSPECT_HTTP");
  const char* token_file = std::getenv("FOREBAY_INSPECT_TOKEN_FILE");
  if (address == nullptr || *address == '\0' || it.web) return;
  try {
    it.start_web({address, token_file == nullptr ? "" : token_file});
    std::fprintf(stderr, "forebay: inspect this process at %s\n", it.web->url().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "forebay: FOREBAY_INSPECT_HTTP: %s\n", error.what());
  }
}

}  // namespace

std::vector<std::string> socket_folders() {
  std::vector<std::string> folders;
  // After `su` and `sudo` it may be another user's.
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && is_own_folder(runtime)) {
    folders.push_back(std::string(runtime) + "/forebay");
  }
  folders.push_back("/tmp/forebay-" + std::to_string(geteuid()));
  return folders;
}

void check_folder(const std::string& folder) {
  if (!is_own_folder(folder)) {
    throw Error(folder + " is not a folder of this user; remove it");
  }
  if (chmod(folder.c_str(), 0700) != 0) throw system_error("chmod " + folder, errno);
}

std::vector<std::string> live_sockets() {
  std::vector<std::string> live;
  for (const std::string& folder : socket_folders()) {
    if (!is_own_folder(folder)) continue;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      const std::string path = entry.path().string();
      if (!path.ends_with(".sock")) continue;
      if (is_stale(path)) {
        unlink(path.c_str());
      } else {
        live.push_back(path);
      }
    }
  }
  return live;
}

void serve_this_process() noexcept {
  Endpoint& it = endpoint();
  if (it.tried_by == getpid()) return;
  const std::lock_guard lock(it.mutex);
  if (it.tried_by.exchange(getpid()) == getpid()) return;
  const char* wanted = std::getenv("FOREBAY_INSPECT");
  if (wanted != nullptr && std::string_view(wanted) == "0") return;
  try {
    watch_process();
    it.start();
  } catch (const std::exception& error) {
    it.server.reset();
    warn(error.what());
  }
  serve_web_if_wanted(it);
}

}  // namespace detail

std::string serve_web(const WebOptions& options) {
  detail::Endpoint& it = detail::endpoint();
  const std::lock_guard lock(it.mutex);
  detail::watch_process();
  it.start_web(options);
  return it.web->url();
}

}  // namespace forebay
