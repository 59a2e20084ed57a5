#include <forebay/nodes/loaded_library.hpp>

#include <dlfcn.h>
#include <fmt/format.h>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {

LoadedLibrary::LoadedLibrary(Facts facts, const std::vector<std::string>& files)
    : facts_(std::move(facts)) {
  std::string why;
  for (const std::string& file : files) {
    library_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ != nullptr) return;
    why += (why.empty() ? "" : "; ") + std::string(dlerror());
  }
  throw Error(fmt::format(
      "cannot load {}, which {}: {}; install it, or put the folder where {} is (Python's package "
      "{} has it) on LD_LIBRARY_PATH",
      facts_.name, facts_.purpose, why, facts_.file, facts_.package));
}

void* LoadedLibrary::address(const char* name) const {
  if (void* const found = dlsym(library_, name); found != nullptr) return found;
  throw Error(fmt::format("this {} has no {}; install {}", facts_.name, name, facts_.versions));
}

}  // namespace forebay
