#include <forebay/nodes/reduce/nccl_library.hpp>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/loaded_library.hpp>

namespace forebay {
namespace {

constexpr int kOldest = NCCL_VERSION(2, 14, 0);  // the first whose calls need not block

}  // namespace

NcclLibrary::NcclLibrary(const std::string& name) {
  const LoadedLibrary library({.name = "NCCL",
                               .purpose = "averages the gradients of several GPUs",
                               .file = "libnccl.so.2",
                               .package = "nvidia-nccl",
                               .versions = "version 2.14 or newer"},
                              {name});
  library.find(get_version, "ncclGetVersion");
  library.find(error_string, "ncclGetErrorString");
  library.find(get_unique_id, "ncclGetUniqueId");
  library.find(init_rank, "ncclCommInitRankConfig");
  library.find(get_async_error, "ncclCommGetAsyncError");
  library.find(finalize, "ncclCommFinalize");
  library.find(destroy, "ncclCommDestroy");
  library.find(abort, "ncclCommAbort");
  library.find(all_reduce, "ncclAllReduce");
  library.find(group_start, "ncclGroupStart");
  library.find(group_end, "ncclGroupEnd");
  int version = 0;
  if (get_version(&version) == ncclSuccess && version >= kOldest) return;
  throw Error(fmt::format("this NCCL is of version {}.{}; install 2.14 or newer", version / 10000,
                          version / 100 % 100));
}

}  // namespace forebay
