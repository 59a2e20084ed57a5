#include <unistd.h>

#include <chrono>
#include <optional>
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

constexpr std::size_t kMostBody = std::size_t{64} << 20;

/// While the server has as many clients waiting as it may, one more is refused at once; it asks
/// again until `end`, which no refusal waits for by itself.
asio::awaitable<void> connect(beast::basic_stream<Protocol>& stream, const std::string& path,
                              std::chrono::steady_clock::time_point end) {
  for (;;) {
    boost::system::error_code error;
    co_await stream.async_connect(Protocol::endpoint(path),
                                  asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return;
    if (error != asio::error::no_buffer_space) throw boost::system::system_error(error);
    if (std::chrono::steady_clock::now() > end) {
      throw boost::system::system_error(make_error_code(beast::error::timeout));
    }
    asio::steady_timer pause(stream.get_executor(), std::chrono::milliseconds(1));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<HttpResponse> talk(beast::basic_stream<Protocol>& stream, const std::string& path,
                                   const http::request<http::string_body>& request,
                                   std::chrono::steady_clock::time_point end) {
  co_await connect(stream, path, end);
  const auto user = user_at(stream.socket().native_handle());
  if (user && *user != geteuid() && geteuid() != 0) {
    throw Error("it is of another user, number " + std::to_string(*user));
  }
  http::request_serializer<http::string_body> serializer(request);
  co_await http::async_write(stream, serializer, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostBody);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  co_return HttpResponse{static_cast<int>(parser.get().result_int()),
                         std::string(parser.get()[http::field::content_type]),
                         std::move(parser.get().body())};
}

std::string text_of(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == beast::error::timeout) return "no answer in time";
    return error.code().message();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

HttpResponse http_request(const std::string& path, const std::string& method,
                          const std::string& target, const std::string& body,
                          std::chrono::milliseconds patience) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();

  asio::io_context io(1);
  std::exception_ptr failure;
  HttpResponse response;
  beast::basic_stream<Protocol> stream(io);
  const auto end = std::chrono::steady_clock::now() + patience;
  stream.expires_at(end);
  asio::co_spawn(io, talk(stream, path, request, end),
                 [&](std::exception_ptr error, HttpResponse result) {
                   failure = error;
                   response = std::move(result);
                 });
  io.run();
  if (failure) throw Error("asking " + path + ": " + text_of(failure));
  return response;
}

}  // namespace forebay::detail
