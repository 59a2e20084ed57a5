#pragma once

// The one exception type for wrong input, wrong options and failed items.

#include <stdexcept>
#include <string>

namespace forebay {

/// What the user or the data got wrong. The text says what was being done, on which thing, what
/// was wrong and what to do about it; programs print it and exit non-zero.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An `Error` for a failed system call: `"<what>: <text of errno>"`.
Error system_error(const std::string& what, int error_number);

}  // namespace forebay
