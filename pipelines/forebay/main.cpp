// Looks into running graphs and at what they cost: forebay ls, top, set, ...

#include <iostream>

#include <forebay/program.hpp>

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--version") {
    std::cout << "forebay " FOREBAY_VERSION "\n";
    return 0;
  }
  return forebay::run_program({argv + 1, argv + argc});
}
