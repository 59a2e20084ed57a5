#include <forebay/graph/inspect/serve_web.hpp>

#include <charconv>

#include <forebay/graph/error.hpp>

namespace forebay {

namespace {

std::string quoted(std::string_view text) { return std::string(1, '\'').append(text) += '\''; }

}  // namespace

WebAddress read_web_address(std::string_view text) {
  const std::string wrong = quoted(text) + " is not [HOST:]PORT; give e.g. 8080 or 0.0.0.0:8080";
  WebAddress address;
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos) {
    std::string_view host = text.substr(0, colon);
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    const bool has_colons = host.find(':') != host.npos && host.find('/') == host.npos;
    if (has_colons && !in_brackets) {
      throw Error(quoted(text) + " has an IPv6 host without brackets; give e.g. [::1]:8080");
    }
    if (host.empty() || host.find_first_of("[] /") != host.npos) throw Error(wrong);
    address.host = host;
    text = text.substr(colon + 1);
  }
  const char* text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, address.port);
  if (error != std::errc{} || end != text_end) throw Error(wrong);
  return address;
}

}  // namespace forebay
