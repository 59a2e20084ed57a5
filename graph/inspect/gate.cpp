#include <forebay/graph/inspect/gate.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/routes.hpp>

namespace forebay::detail {
namespace {

constexpr std::size_t kShortestToken = 16;

std::string header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

// "localhost:8080" and the like. A site that lets its name mean this machine is called otherwise.
bool names_this_machine(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
  if (has_port) {
    if (host.find_first_not_of("0123456789", colon + 1) != host.npos) return false;
    host = host.substr(0, colon);
  }
  if (host == "localhost" || host == "[::1]") return true;
  const bool is_number = host.find_first_not_of("0123456789.") == host.npos;
  return is_number && host.starts_with("127.");
}

// Browsers say from which site's page a request comes. Following a link from there is fine.
bool is_of_another_site(const HttpRequest& request) {
  const std::string origin = header(request, "origin"), host = header(request, "host");
  if (!origin.empty()) return origin != "http://" + host && origin != "https://" + host;
  const std::string site = header(request, "sec-fetch-site");
  const bool follows_link = header(request, "sec-fetch-mode") == "navigate";
  return (site == "cross-site" || site == "same-site") && !follows_link;
}

HttpResponse needs_token() {
  HttpResponse response = refusal(401, "give the token: Authorization: Bearer TOKEN");
  response.headers["WWW-Authenticate"] = "Bearer";
  return response;
}

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
  volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<unsigned char>(difference | (a[i] ^ other));
  }
  return difference == 0;
}

Gate::Gate(std::string token) : token_(std::move(token)) {
  if (token_.empty()) return;
  if (token_.size() < kShortestToken) {
    throw Error("the token has " + std::to_string(token_.size()) + " characters; give " +
                std::to_string(kShortestToken) + " or more");
  }
  if (std::ranges::any_of(token_, [](char c) { return c <= ' ' || c > '~'; })) {
    throw Error("the token has characters other than letters, digits and punctuation");
  }
}

std::optional<HttpResponse> Gate::refuse(const HttpRequest& request, bool is_secret) const {
  if (is_of_another_site(request)) {
    return refusal(403, "a page of another site may not ask this server");
  }
  if (has_token()) {
    const std::string given = header(request, "authorization");
    if (!is_secret || same_secret(given, "Bearer " + token_)) return std::nullopt;
    return needs_token();
  }
  if (!names_this_machine(header(request, "host"))) {
    return refusal(403, "without a token this server answers to localhost and 127.0.0.1 alone");
  }
  if (request.method != "GET") {
    return refusal(403, "without a token nothing can be changed; start the program with one");
  }
  return std::nullopt;
}

}  // namespace forebay::detail
