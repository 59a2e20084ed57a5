#pragma once

// What a command of the forebay program printed.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <forebay/program.hpp>

namespace forebay::test {

struct Outcome {
  int code = 0;
  std::string out, err;
};

inline Outcome outcome_of(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run_program(arguments);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

}  // namespace forebay::test
