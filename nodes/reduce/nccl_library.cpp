#include <forebay/nodes/reduce/nccl_library.hpp>

#include <dlfcn.h>
#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr int kOldest = NCCL_VERSION(2, 14, 0);  // the first whose calls need not block

void* load(const std::string& name) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  throw Error(fmt::format(
      "cannot load NCCL, which averages the gradients of several GPUs: {}; install it, or put the "
      "folder where libnccl.so.2 is (Python's package nvidia-nccl has it) on LD_LIBRARY_PATH",
      dlerror()));
}

template <typename Function>
void find(void* library, Function*& function, const char* name) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr) {
    throw Error(fmt::format("this NCCL has no {}; install version 2.14 or newer", name));
  }
}

}  // namespace

NcclLibrary::NcclLibrary(const std::string& name) {
  void* const library = load(name);
  find(library, get_version, "ncclGetVersion");
  find(library, error_string, "ncclGetErrorString");
  find(library, get_unique_id, "ncclGetUniqueId");
  find(library, init_rank, "ncclCommInitRankConfig");
  find(library, get_async_error, "ncclCommGetAsyncError");
  find(library, finalize, "ncclCommFinalize");
  find(library, destroy, "ncclCommDestroy");
  find(library, abort, "ncclCommAbort");
  find(library, all_reduce, "ncclAllReduce");
  find(library, group_start, "ncclGroupStart");
  find(library, group_end, "ncclGroupEnd");
  int version = 0;
  if (get_version(&version) == ncclSuccess && version >= kOldest) return;
  throw Error(fmt::format("this NCCL is of version {}.{}; install 2.14 or newer", version / 10000,
                          version / 100 % 100));
}

}  // namespace forebay
