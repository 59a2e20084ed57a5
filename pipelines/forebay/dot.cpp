// forebay dot [NAME|PID] [--svg]: a running graph as a picture.

#include <iostream>

#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/client.hpp>
#include <forebay/graph/inspect/picture.hpp>

namespace forebay {
namespace {

int run(const std::vector<std::string>& given) {
  const Arguments arguments = read_arguments(given, {{"svg", false}}, 0, 1);
  const GraphSnapshot graph = choose(find_processes(), arguments.place(0)).report().graph;
  std::cout << (arguments.has("svg") ? to_svg(graph) : to_dot(graph));
  return 0;
}

}  // namespace

Command dot_command() {
  return {"dot", "[NAME|PID] [--svg]",
          "print a running graph with the depths of its queues: for Graphviz (forebay dot | dot "
          "-Tpdf), or with "
          "--svg as a picture for any browser",
          run};
}

}  // namespace forebay
