#pragma once

// Just enough of HTTP: messages as plain values, a server on a Unix or TCP socket, one request of
// a client.

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <forebay/graph/inspect/listen.hpp>

namespace forebay::detail {

struct HttpRequest {
  std::string method;                        // "GET"
  std::string path;                          // "/snapshot.json", decoded
  std::map<std::string, std::string> query;  // decoded
  std::string body;
  /// By name in lower case; a name that is there several times has all values, with commas between.
  std::map<std::string, std::string> headers = {};
};

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers = {};  // beside those that every response has
};

/// "/a%20b?graph=x" split and decoded into `request`. What is no proper escape stays as it is.
void read_target(std::string_view target, HttpRequest& request);
/// For use in a target: all but letters, digits and -._~ becomes %XX.
std::string escape(std::string_view text);

/// What one client may cost.
struct HttpLimits {
  std::size_t connections = 32;              // at once; one more closes the oldest
  std::chrono::milliseconds patience{5000};  // for a whole request, and for taking the response
  unsigned header_bytes = 8192;
  std::size_t body_bytes = 65'536;
  /// After each answer all clients wait so many times as long as it took: 4 leaves the thread at
  /// most a fifth of a core, whatever is asked.
  double rest = 0;
};

/// Serves HTTP/1.1 on one thread of its own: on a Unix socket (mode 0600), where clients of other
/// users than this process's and root are turned away, or at a TCP port, where `Answer` has to see
/// to that. A client that sends garbage, stops halfway or never reads costs one connection for
/// `patience`.
class HttpServer {
 public:
  /// Answers one request; called on the server's thread, one at a time. What it throws is answered
  /// with status 500.
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  /// Makes the socket, in place of any file at `path`. Throws `Error`.
  HttpServer(const std::string& path, Answer answer, HttpLimits limits = {});
  /// Takes the listener's descriptor.
  HttpServer(const TcpListener& listener, Answer answer, HttpLimits limits = {});
  /// Closes all connections, ends the thread and removes the socket.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;  // the thread holds its address

  /// Calls `task` on the server's thread, now and after each `period`. What it throws is ignored.
  void every(std::chrono::milliseconds period, std::function<void()> task);
  /// Moves to a new Unix socket. On the server's thread only. Throws `Error`.
  void open(const std::string& path);

  /// In a child process after a fork: gives up the socket's descriptor, so that the parent's end is
  /// noticed. The child has no thread to serve with and must not destroy its copy.
  void disown() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sends a request to the socket at `path` and waits for the response, `patience` at most. Throws
/// `Error`: nobody listens, no answer in time, the one who listens is another user.
HttpResponse http_request(const std::string& path, const std::string& method,
                          const std::string& target, const std::string& body = "",
                          std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace forebay::detail
