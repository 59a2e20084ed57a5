// A tool that counts ranges; NVTX finds it by NVTX_INJECTION64_PATH.

#include <nvtx3/nvToolsExt.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

std::mutex mutex;  // guards all below
std::map<std::string, int> ranges;
int open_ranges = 0;
std::map<std::thread::id, int> depths;  // LeakSanitizer fails on a late library's thread_local

int push(const char* name) {
  const std::lock_guard lock(mutex);
  ++ranges[name];
  ++open_ranges;
  return depths[std::this_thread::get_id()]++;
}

int pop() {
  const std::lock_guard lock(mutex);
  --open_ranges;
  return --depths[std::this_thread::get_id()];
}

template <typename Function>
NvtxFunctionPointer as_pointer(Function* function) {
  return reinterpret_cast<NvtxFunctionPointer>(function);
}

}  // namespace

extern "C" {

int count_of(const char* name) {
  const std::lock_guard lock(mutex);
  return ranges[name];
}

int count_of_open() {
  const std::lock_guard lock(mutex);
  return open_ranges;
}

int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t export_table) {
  const auto* callbacks =
      static_cast<const NvtxExportTableCallbacks*>(export_table(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable functions = nullptr;
  unsigned size = 0;
  if (!callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &functions, &size)) return 0;
  *functions[NVTX_CBID_CORE_RangePushA] = as_pointer(push);
  *functions[NVTX_CBID_CORE_RangePop] = as_pointer(pop);
  return 1;
}

}  // extern "C"
