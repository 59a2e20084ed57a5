#pragma once

// A folder that is gone after the test, and files in it.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <support/temporary_folder.hpp>

namespace forebay {

inline std::string fixture(const std::string& name) { return FOREBAY_FIXTURES "/im2rec/" + name; }

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

class TemporaryFolder : public test::TemporaryFolder {
 public:
  using test::TemporaryFolder::path;
  std::string path(const std::string& name) const { return *this / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
};

}  // namespace forebay
