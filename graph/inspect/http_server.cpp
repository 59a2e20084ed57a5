#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
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
using Protocol = asio::generic::stream_protocol;  // Unix or TCP
using Connection = beast::basic_stream<Protocol>;
using Message = http::response<http::string_body>;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPauseAfterFailure{1};

auto giving(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Message message(const HttpResponse& response, unsigned version, bool keep_alive) {
  Message out{static_cast<http::status>(response.status), version};
  out.set(http::field::content_type, response.type);
  out.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) out.set(name, value);
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
  void take(int descriptor, int family);
  void run();
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  asio::awaitable<void> repeat(std::chrono::milliseconds period, std::function<void()> task);
  void admit(Protocol::socket socket);
  asio::awaitable<void> take_turn();
  void rest_after(Clock::time_point begin);
  HttpResponse answer_to(const http::request<http::string_body>& request) const;

  const Answer answer;
  const HttpLimits limits;
  std::string path;  // of the Unix socket; empty: at a TCP port
  asio::io_context io{1};
  asio::basic_socket_acceptor<Protocol> acceptor{io};
  std::list<std::shared_ptr<Connection>> connections;  // the oldest first
  Clock::time_point rests_until{};
  std::thread thread;
};

void HttpServer::Impl::open(const std::string& new_path) {
  const int descriptor = listen_at_path(new_path);
  path = new_path;
  take(descriptor, AF_UNIX);
}

void HttpServer::Impl::take(int descriptor, int family) {
  if (acceptor.is_open()) acceptor.close();
  acceptor.assign(Protocol(family, 0), descriptor);
  asio::co_spawn(io, accept(), asio::detached);
}

void HttpServer::Impl::run() {
  thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "forebay-inspect");
    io.run();
  });
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
  const int descriptor = socket.native_handle();
  if (path.empty()) {
    const int on = 1;  // a response is not held back for what may follow
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } else {
    const auto user = user_at(descriptor);
    if (!user || (*user != geteuid() && *user != 0)) return;
  }
  close_on_exec(descriptor);
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
    co_await take_turn();
    if (!connection->socket().is_open()) break;  // it was the oldest meanwhile
    const auto begin = Clock::now();
    const auto& request = parser.get();
    std::optional<HttpResponse> response = error ? complaint(error) : answer_to(request);
    rest_after(begin);
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

asio::awaitable<void> HttpServer::Impl::take_turn() {
  while (Clock::now() < rests_until) {
    asio::steady_timer timer(io, rests_until);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

void HttpServer::Impl::rest_after(Clock::time_point begin) {
  const auto end = Clock::now();
  rests_until = end + std::chrono::duration_cast<Clock::duration>((end - begin) * limits.rest);
}

HttpResponse HttpServer::Impl::answer_to(const http::request<http::string_body>& from) const {
  HttpRequest request;
  request.method = std::string(from.method_string());
  request.body = from.body();
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto [known, is_new] = request.headers.emplace(name, std::string(field.value()));
    if (!is_new) known->second.append(", ").append(field.value().data(), field.value().size());
  }
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
  impl_->run();
}

HttpServer::HttpServer(const TcpListener& listener, Answer answer, HttpLimits limits)
    : impl_(std::make_unique<Impl>(std::move(answer), limits)) {
  impl_->take(listener.descriptor, listener.host.starts_with('[') ? AF_INET6 : AF_INET);
  impl_->run();
}

HttpServer::~HttpServer() {
  impl_->io.stop();
  impl_->thread.join();
  if (!impl_->path.empty()) unlink(impl_->path.c_str());
}

void HttpServer::every(std::chrono::milliseconds period, std::function<void()> task) {
  asio::co_spawn(impl_->io, impl_->repeat(period, std::move(task)), asio::detached);
}

void HttpServer::open(const std::string& path) { impl_->open(path); }

void HttpServer::disown() noexcept { close(impl_->acceptor.native_handle()); }

}  // namespace forebay::detail
