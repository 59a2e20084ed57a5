#pragma once

// Whom a TCP port answers.

#include <optional>
#include <string>
#include <string_view>

#include <forebay/graph/inspect/http.hpp>

namespace forebay::detail {

/// Whether both are the same, in a time that does not tell how much of them is.
bool same_secret(std::string_view a, std::string_view b);

/// With a token, whoever knows it may ask and change everything, and whoever does not may have what
/// is no secret: the page's own files. Without one, programs on this machine may ask, and nothing
/// can be changed. Pages of other sites may do neither, whatever name they reach this server by.
class Gate {
 public:
  /// An empty token is none. Throws `Error` on one that could be guessed.
  explicit Gate(std::string token);

  bool has_token() const { return !token_.empty(); }

  /// The answer to who may not ask this; nullopt for who may.
  std::optional<HttpResponse> refuse(const HttpRequest& request, bool is_secret) const;

 private:
  std::string token_;
};

}  // namespace forebay::detail
