// Defines what of cuDNN's functions is called here, so that the linker asks for no library: each
// looks up the real one. cudnn-frontend could load cuDNN by itself, but then wants cudart as a
// library too.

#include <forebay/nodes/cuda/cudnn/library.hpp>

#include <cudnn.h>
#include <fmt/format.h>
#include <nvrtc.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/loaded_library.hpp>

namespace forebay::cuda {
namespace {

LoadedLibrary load(const char* name) {
  return {{.name = "cuDNN",
           .purpose = "computes convolutions on GPUs",
           .file = kCudnn,
           .package = fmt::format("nvidia-cudnn-cu{}", CUDART_VERSION / 1000),
           .versions = "version 9.8 or newer"},
          {name}};
}

/// Of the function `name`, whose declaration is `function`. Throws `Error` where there is none.
template <class Function>
Function* find(Function* function, const char* name) {
  static const LoadedLibrary library = load(kCudnn);
  library.find(function, name);
  return function;
}

}  // namespace

std::string why_no_cudnn(const char* name) {
  try {
    load(name);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace forebay::cuda

using forebay::cuda::find;

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  static const auto call = find(cudnnCreate, "cudnnCreate");
  return call(handle);
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  static const auto call = find(cudnnDestroy, "cudnnDestroy");
  return call(handle);
}

size_t cudnnGetVersion() {
  static const auto call = find(cudnnGetVersion, "cudnnGetVersion");
  return call();
}

const char* cudnnGetErrorString(cudnnStatus_t status) {
  static const auto call = find(cudnnGetErrorString, "cudnnGetErrorString");
  return call(status);
}

void cudnnGetLastErrorString(char* message, size_t max_size) {
  static const auto call = find(cudnnGetLastErrorString, "cudnnGetLastErrorString");
  call(message, max_size);
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  static const auto call = find(cudnnSetStream, "cudnnSetStream");
  return call(handle, stream);
}

cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* stream) {
  static const auto call = find(cudnnGetStream, "cudnnGetStream");
  return call(handle, stream);
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* descriptor) {
  static const auto call = find(cudnnBackendCreateDescriptor, "cudnnBackendCreateDescriptor");
  return call(type, descriptor);
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  static const auto call = find(cudnnBackendDestroyDescriptor, "cudnnBackendDestroyDescriptor");
  return call(descriptor);
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  static const auto call = find(cudnnBackendFinalize, "cudnnBackendFinalize");
  return call(descriptor);
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count,
                                       const void* elements) {
  static const auto call = find(cudnnBackendSetAttribute, "cudnnBackendSetAttribute");
  return call(descriptor, name, type, count, elements);
}

cudnnStatus_t cudnnBackendGetAttribute(const cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t wanted,
                                       int64_t* count, void* elements) {
  static const auto call = find(cudnnBackendGetAttribute, "cudnnBackendGetAttribute");
  return call(descriptor, name, type, wanted, count, elements);
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  static const auto call = find(cudnnBackendExecute, "cudnnBackendExecute");
  return call(handle, plan, pack);
}

// For tensors that are reordered, and kernels that cudnn-frontend compiles by itself: no graph of
// ours has either.

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* /*descriptor*/) {
  return CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t /*descriptor*/) {
  return CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnSetFilterNdDescriptor(cudnnFilterDescriptor_t /*descriptor*/,
                                         cudnnDataType_t /*type*/, cudnnTensorFormat_t /*format*/,
                                         int /*dimensions*/, const int* /*sizes*/) {
  return CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnReorderFilterAndBias(cudnnHandle_t /*handle*/,
                                        const cudnnFilterDescriptor_t /*descriptor*/,
                                        cudnnReorderType_t /*reorder*/, const void* /*filter*/,
                                        void* /*reordered_filter*/, int /*reorder_bias*/,
                                        const void* /*bias*/, void* /*reordered_bias*/) {
  return CUDNN_STATUS_NOT_SUPPORTED;
}

nvrtcResult nvrtcCreateProgram(nvrtcProgram* /*program*/, const char* /*source*/,
                               const char* /*name*/, int /*count*/, const char* const* /*headers*/,
                               const char* const* /*names*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram /*program*/, int /*count*/,
                                const char* const* /*options*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram* /*program*/) { return NVRTC_ERROR_INTERNAL_ERROR; }

nvrtcResult nvrtcGetCUBIN(nvrtcProgram /*program*/, char* /*code*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram /*program*/, size_t* /*bytes*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram /*program*/, char* /*log*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram /*program*/, size_t* /*bytes*/) {
  return NVRTC_ERROR_INTERNAL_ERROR;
}
