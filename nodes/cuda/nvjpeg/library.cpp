#include <forebay/nodes/cuda/nvjpeg/library.hpp>

#include <dlfcn.h>
#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {
namespace {

void* load(const std::string& name) {
  std::string why;
  for (const char* each : {name.c_str(), "libnvjpeg.so.13", "libnvjpeg.so.12"}) {
    if (*each == '\0') continue;
    if (void* library = dlopen(each, RTLD_NOW | RTLD_LOCAL)) return library;
    why += (why.empty() ? "" : "; ") + std::string(dlerror());
    if (!name.empty()) break;
  }
  throw Error(fmt::format(
      "cannot load nvJPEG, which decodes on GPUs: {}; install it, or put the folder where "
      "libnvjpeg.so.13 is (Python's package nvidia-nvjpeg has it) on LD_LIBRARY_PATH",
      why));
}

template <typename Function>
void find(void* library, Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr) {
    throw Error(fmt::format("this nvJPEG has no {}; install that of CUDA 12 or 13", name));
  }
}

}  // namespace

NvjpegLibrary::NvjpegLibrary(const std::string& name) {
  void* const library = load(name);
  find(library, create, "nvjpegCreateEx");
  find(library, destroy, "nvjpegDestroy");
  find(library, create_state, "nvjpegJpegStateCreate");
  find(library, destroy_state, "nvjpegJpegStateDestroy");
  find(library, begin_batch, "nvjpegDecodeBatchedInitialize");
  find(library, decode_batch, "nvjpegDecodeBatched");
}

}  // namespace forebay::cuda
