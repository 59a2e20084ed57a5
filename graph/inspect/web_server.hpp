#pragma once

// The server of the web page.

#include <string>

#include <forebay/graph/inspect/gate.hpp>
#include <forebay/graph/inspect/history.hpp>
#include <forebay/graph/inspect/http.hpp>
#include <forebay/graph/inspect/serve_web.hpp>

namespace forebay::detail {

/// Answers at a TCP port what the Unix socket answers, to those whom the gate lets in, and besides
/// gives the page and the last ten minutes that it draws. Remembers them from its begin on.
class WebServer {
 public:
  /// `registry` outlives it. Throws `Error` as `serve_web`.
  WebServer(Registry& registry, const WebOptions& options);
  WebServer(const WebServer&) = delete;  // the server's thread holds its address

  /// "http://127.0.0.1:8080/"
  const std::string& url() const { return url_; }
  void disown() noexcept { server_.disown(); }  // as that of `HttpServer`

 private:
  HttpResponse answer_to(const HttpRequest& request);
  HttpResponse history_of(const HttpRequest& request);

  Registry& registry_;
  const Gate gate_;
  History history_;  // the server's thread's
  const TcpListener listener_;
  const std::string url_;
  HttpServer server_;
};

}  // namespace forebay::detail
