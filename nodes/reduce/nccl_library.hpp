#pragma once

// NCCL's functions, found when the program runs. For sources of this folder: shows NCCL's types.

#include <nccl.h>

#include <string>

namespace forebay {

/// Stays loaded: NCCL has threads of its own.
struct NcclLibrary {
  /// Throws `Error`, with what to do, where it is not there or too old.
  explicit NcclLibrary(const std::string& name);

  decltype(&::ncclGetVersion) get_version;
  decltype(&::ncclGetErrorString) error_string;
  decltype(&::ncclGetUniqueId) get_unique_id;
  decltype(&::ncclCommInitRankConfig) init_rank;
  decltype(&::ncclCommGetAsyncError) get_async_error;
  decltype(&::ncclCommFinalize) finalize;
  decltype(&::ncclCommDestroy) destroy;
  decltype(&::ncclCommAbort) abort;
  decltype(&::ncclAllReduce) all_reduce;
  decltype(&::ncclGroupStart) group_start;
  decltype(&::ncclGroupEnd) group_end;
};

}  // namespace forebay
