// Training on a GPU, each as a line of JSON:
//
//   device_train compare TYPE
//   device_train speed DEPTH ROWS TYPE [unfused]
//   device_train fusions DEPTH ROWS TYPE
//   device_train losses gpu|cpu DEPTH ROWS TYPE FOLDER
//   device_train overlap DEPTH ROWS TYPE
//   device_train layers DEPTH ROWS TYPE
//
// DEPTH is a ResNet's, TYPE float32, tf32, bfloat16 or float16. What each does is told in
// commands.hpp.

#include <cstdio>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>

#include "commands.hpp"

namespace forebay::device {
namespace {

/// DEPTH ROWS TYPE, from the word at `first`.
struct Size {
  Size(const std::vector<std::string>& words, std::size_t first)
      : depth(std::stoi(words.at(first))),
        rows(std::stoul(words.at(first + 1))),
        type(type_of(words.at(first + 2))) {}
  int depth;
  std::size_t rows;
  const Type& type;
};

void run(const std::vector<std::string>& words) {
  const std::string& command = words.at(0);
  if (command == "compare") return compare(type_of(words.at(1)));
  if (command == "losses") {
    const Size size(words, 2);
    return losses(words.at(1), size.depth, size.rows, size.type, words.at(5));
  }
  const Size size(words, 1);
  const bool unfused = words.size() > 4 && words[4] == "unfused";
  if (command == "speed") {
    return speed(size.depth, size.rows, size.type, unfused ? Norms::kUnfused : Norms::kFused);
  }
  if (command == "fusions") return fusions(size.depth, size.rows, size.type);
  if (command == "overlap") return overlap(size.depth, size.rows, size.type);
  if (command == "layers") return layers(size.depth, size.rows, size.type);
  throw Error("there is no command " + command);
}

}  // namespace
}  // namespace forebay::device

int main(int count, char** words) {
  try {
    forebay::device::run({words + 1, words + count});
  } catch (const std::out_of_range&) {
    std::fprintf(stderr, "device_train: too few words; device_train.cpp tells them\n");
    return 2;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "device_train: %s\n", error.what());
    return 1;
  }
}
