// Does not compile, and says why in words; see CMakeLists.txt.

#include <forebay/graph/graph.hpp>
#include <string>

void connect(forebay::Graph& graph) {
  auto numbers = graph.source("s", [] { return std::optional<int>(); });
  auto take = graph.sink("eat", [](int) {});
  auto letters = graph.sink("letters", [](std::string) {});
#if defined(OTHER_TYPE)
  numbers >> letters;
#elif defined(FROM_SINK)
  take >> letters;
#elif defined(TO_SOURCE)
  numbers >> numbers;
#elif defined(OVERLOADED_BODY)
  graph.transform("t", [](auto item) { return item; });
#else
  numbers >> take;
#endif
}
