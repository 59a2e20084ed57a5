#pragma once

// The web page about the graphs of this process, for a browser, and for Prometheus.

#include <cstdint>
#include <string>
#include <string_view>

namespace forebay {

/// Where a TCP port is and who may ask there.
struct WebOptions {
  std::string address;  // "[HOST:]PORT"; without a host this machine alone, port 0: any free
  std::string token_file = {};  // its first line is the token; empty: there is none
};

/// "[HOST:]PORT" taken apart; an IPv6 host has brackets. Throws `Error`.
struct WebAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};
WebAddress read_web_address(std::string_view text);

/// Serves the page from now until the process ends, once per process, and returns its URL. Without
/// a token only clients on this machine are answered and nothing can be changed; with one, whoever
/// has it may see and change everything. Throws `Error`: the address is malformed, its port taken,
/// other machines would reach it without a token, the token cannot be read or is too short. For
/// programs that do not call this: FOREBAY_INSPECT_HTTP=[HOST:]PORT, FOREBAY_INSPECT_TOKEN_FILE.
std::string serve_web(const WebOptions& options);

}  // namespace forebay
