#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <list>
#include <thread>
#include <utility>  // which Boost 1.74's coroutines use and do not include

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/http.hpp>
#include <forebay/graph/inspect/unix_socket.hpp>

namespace forebay::detail {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = asio::local::stream_protocol;
using Connection = beast::basic_stream<Protocol>;
using Message = http::response<http::string_body>;
using boost::system::error_code;

constexpr std::chrono::seconds kPauseAfterFailure{1};

auto giving(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Message message(const HttpResponse& response, unsigned version, bool keep_alive) {
  Message out{static_cast<http::status>(response.status), version};
  out.set(http::field::content_type, response.type);
  out.set(http::field::cache_control, "no-store");
  out.keep_alive(keep_alive);
  out.body() = response.body;
  out.prepare_payload();
  return out;
}

// What to tell a client whose request could not be read; nothing where it left or was too slow.
std::optional<HttpResponse> complaint(error_code error) {
  if (error.category() != http::make_error_code(http::error::end_of_stream).category()) return {};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  const bool too_large = error == http::error::body_limit || error == http::error::header_limit;
  return HttpResponse{too_large ? 413 : 400, "text/plain",
                      "bad request: " + error.message() + "\n"};
}

}  // namespace

struct HttpServer::Impl {
  Impl(Answer answer_in, HttpLimits limits_in) : answer(std::move(answer_in)), limits(limits_in) {}

  void open(const std::string& new_path);
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  asio::awaitable<void> repeat(std::chrono::milliseconds period, std::function<void()> task);
  void admit(Protocol::socket socket);
  HttpResponse answer_to(const http::request<http::string_body>& request) const;

  const Answer answer;
  const HttpLimits limits;
  std::string path;
  asio::io_context io{1};
  Protocol::acceptor acceptor{io};
  std::list<std::shared_ptr<Connection>> connections;  // the oldest first
  std::thread thread;
};

// Under another name until somebody listens: who cleans up takes a socket without for a dead one.
void HttpServer::Impl::open(const std::string& new_path) {
  const std::string fresh = new_path + ".new";
  unlink(fresh.c_str());
  try {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw system_error("socket", errno);
    if (acceptor.is_open()) acceptor.close();
    acceptor.assign(Protocol(), descriptor);
    acceptor.bind(Protocol::endpoint(fresh));
    if (chmod(fresh.c_str(), 0600) != 0) throw system_error("chmod", errno);
    acceptor.listen();
    if (rename(fresh.c_str(), new_path.c_str()) != 0) throw system_error("rename", errno);
  } catch (const std::exception& error) {
    unlink(fresh.c_str());
    throw Error("cannot make the socket " + new_path + ": " + error.what());
  }
  path = new_path;
  asio::co_spawn(io, accept(), asio::detached);
}

asio::awaitable<void> HttpServer::Impl::accept() {
  for (;;) {
    error_code error;
    Protocol::socket socket = co_await acceptor.async_accept(giving(error));
    if (error == asio::error::operation_aborted) co_return;  // moved to another socket
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    asio::steady_timer pause(io, kPauseAfterFailure);  // no descriptors left, say
    co_await pause.async_wait(giving(error));
  }
}

void HttpServer::Impl::admit(Protocol::socket socket) {
  const auto user = user_at(socket.native_handle());
  if (!user || (*user != geteuid() && *user != 0)) return;
  close_on_exec(socket.native_handle());
  if (connections.size() == limits.connections) {
    connections.front()->close();
    connections.pop_front();
  }
  connections.push_back(std::make_shared<Connection>(std::move(socket)));
  asio::co_spawn(io, serve(connections.back()), asio::detached);
}

asio::awaitable<void> HttpServer::Impl::serve(std::shared_ptr<Connection> connection) {
  beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
    connection->expires_after(limits.patience);
    error_code error;
    co_await http::async_read(*connection, buffer, parser, giving(error));
    const auto& request = parser.get();
    std::optional<HttpResponse> response = error ? complaint(error) : answer_to(request);
    if (!response) break;
    keep_alive = !error && request.keep_alive();
    const Message reply = message(*response, error ? 11 : request.version(), keep_alive);
    connection->expires_after(limits.patience);
    http::response_serializer<http::string_body> serializer(reply);
    co_await http::async_write(*connection, serializer, giving(error));
    if (error) break;
  }
  connection->close();
  connections.remove(connection);
}

HttpResponse HttpServer::Impl::answer_to(const http::request<http::string_body>& from) const {
  HttpRequest request;
  request.method = std::string(from.method_string());
  request.body = from.body();
  try {
    read_target({from.target().data(), from.target().size()}, request);
    return answer(request);
  } catch (const std::exception& error) {
    return {500, "text/plain", std::string(error.what()) + "\n"};
  }
}

asio::awaitable<void> HttpServer::Impl::repeat(std::chrono::milliseconds period,
                                               std::function<void()> task) {
  asio::steady_timer timer(io);
  for (;;) {
    try {
      task();
    } catch (...) {  // tried again soon
    }
    timer.expires_after(period);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

HttpServer::HttpServer(const std::string& path, Answer answer, HttpLimits limits)
    : impl_(std::make_unique<Impl>(std::move(answer), limits)) {
  impl_->open(path);
  impl_->thread = std::thread([impl = impl_.get()] {
    pthread_setname_np(pthread_self(), "forebay-inspect");
    impl->io.run();
  });
}

HttpServer::~HttpServer() {
  impl_->io.stop();
  impl_->thread.join();
  unlink(impl_->path.c_str());
}

void HttpServer::every(std::chrono::milliseconds period, std::function<void()> task) {
  asio::co_spawn(impl_->io, impl_->repeat(period, std::move(task)), asio::detached);
}

void HttpServer::open(const std::string& path) { impl_->open(path); }

void HttpServer::disown() noexcept { close(impl_->acceptor.native_handle()); }

}  // namespace forebay::detail
