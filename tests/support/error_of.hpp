#pragma once

// The text of an expected error.

#include <string>

#include <forebay/graph/error.hpp>

namespace forebay::test {

/// What `call` throws as `Error`; empty when it throws nothing. Other exceptions pass.
std::string error_of(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace forebay::test
