#include <forebay/graph/error.hpp>

#include <system_error>

namespace forebay {

Error system_error(const std::string& what, int error_number) {
  return Error(what + ": " + std::generic_category().message(error_number));
}

}  // namespace forebay
