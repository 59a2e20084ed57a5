#include <forebay/graph/inspect/web_server.hpp>

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <fstream>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/history_json.hpp>
#include <forebay/graph/inspect/listen.hpp>
#include <forebay/graph/inspect/routes.hpp>
#include <forebay/graph/inspect/web.hpp>

namespace forebay::detail {
namespace {

constexpr std::chrono::seconds kStep{1};
constexpr HttpLimits kLimits{.rest = 4};
constexpr std::streamsize kLongestToken = 1024;

struct PageFile {
  std::string_view path;
  std::string_view name;
  const char* type;
};
constexpr const char* kScript = "text/javascript; charset=utf-8";
constexpr const char* kStyle = "text/css; charset=utf-8";
constexpr PageFile kPage[] = {
    {"/", "dashboard.html", "text/html; charset=utf-8"},
    {"/dashboard.css", "dashboard.css", kStyle},
    {"/graph.css", "graph.css", kStyle},
    {"/dashboard.js", "dashboard.js", kScript},
    {"/cards.js", "cards.js", kScript},
    {"/charts.js", "charts.js", kScript},
    {"/nodes.js", "nodes.js", kScript},
};

const PageFile* page_file(const std::string& path) {
  for (const PageFile& file : kPage) {
    if (path == file.path) return &file;
  }
  return nullptr;
}

HttpResponse give(const PageFile& file) {
  HttpResponse response{200, file.type, std::string(web_file(file.name))};
  response.headers["Content-Security-Policy"] =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
      "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return response;
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string token_in(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path);
  std::string token(kLongestToken + 1, '\0');
  file.getline(token.data(), kLongestToken + 1);
  if (file.fail() && file.gcount() == kLongestToken) {
    throw Error("the first line of " + path + " is no token: it is longer than " +
                std::to_string(kLongestToken) + " characters");
  }
  token.resize(token.find_first_of(std::string_view("\r\0", 2)));
  if (token.empty()) {
    throw Error("there is no token in " + path + "; make one: openssl rand -hex 16 > " + path);
  }
  return token;
}

TcpListener listen_at(const WebOptions& options) {
  const WebAddress address = read_web_address(options.address);
  const bool has_token = !options.token_file.empty();
  return listen_at_port(address.host, address.port,
                        has_token ? Reach::kAnyMachine : Reach::kThisMachine);
}

std::string url_of(const TcpListener& listener) {
  std::string host = listener.host;
  char name[256] = "";
  const bool is_every_address = host == "0.0.0.0" || host == "[::]";
  if (is_every_address && gethostname(name, sizeof name - 1) == 0) host = name;
  return "http://" + host + ":" + std::to_string(listener.port) + "/";
}

}  // namespace

WebServer::WebServer(Registry& registry, const WebOptions& options)
    : registry_(registry),
      gate_(token_in(options.token_file)),
      history_(registry),
      listener_(listen_at(options)),
      url_(url_of(listener_)),
      server_(
          listener_, [this](const HttpRequest& request) { return answer_to(request); }, kLimits) {
  server_.every(kStep, [this] { history_.step(seconds_since_1970()); });
}

HttpResponse WebServer::answer_to(const HttpRequest& request) {
  const PageFile* file = page_file(request.path);
  HttpResponse response;
  if (auto refused = gate_.refuse(request, /*is_secret=*/file == nullptr)) {
    response = std::move(*refused);
  } else if (file != nullptr) {
    response = give(*file);
  } else if (request.path == "/history.json") {
    response = history_of(request);
  } else {
    response = answer(registry_, request);
  }
  response.headers["X-Content-Type-Options"] = "nosniff";
  response.headers["Cross-Origin-Resource-Policy"] = "same-origin";
  response.headers["Referrer-Policy"] = "no-referrer";
  return response;
}

HttpResponse WebServer::history_of(const HttpRequest& request) {
  const auto value = [&](const char* name) -> std::optional<std::string> {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::nullopt : std::optional(found->second);
  };
  const std::string after_text = value("after").value_or("0");
  double after = 0;
  const char* end = after_text.data() + after_text.size();
  if (std::from_chars(after_text.data(), end, after).ptr != end) {
    return refusal(400, "'after' is no number of seconds");
  }
  const GraphHistory* graph = history_.find(value("graph"));
  if (graph == nullptr) return refusal(404, "there is no such graph, or none has run yet");
  return {200, "application/json", to_json(history_, *graph, after, seconds_since_1970())};
}

}  // namespace forebay::detail
