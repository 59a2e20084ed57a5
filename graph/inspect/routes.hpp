#pragma once

// What each address of the inspection server answers.

#include <string>

#include <forebay/graph/inspect/http.hpp>
#include <forebay/graph/inspect/registry.hpp>

namespace forebay::detail {

/// Answers `request` about the graphs in `registry`; docs/inspect.md lists the addresses. Errors
/// are {"error": "..."} with status 400 (wrong request), 404 (no such graph or address) or 405.
HttpResponse answer(Registry& registry, const HttpRequest& request);

/// {"error": why}.
HttpResponse refusal(int status, const std::string& why);

}  // namespace forebay::detail
