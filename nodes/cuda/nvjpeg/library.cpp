#include <forebay/nodes/cuda/nvjpeg/library.hpp>

#include <vector>

#include <forebay/nodes/loaded_library.hpp>

namespace forebay::cuda {

NvjpegLibrary::NvjpegLibrary(const std::string& name) {
  std::vector<std::string> files{name};
  if (name.empty()) files = {"libnvjpeg.so.13", "libnvjpeg.so.12"};
  const LoadedLibrary library({.name = "nvJPEG",
                               .purpose = "decodes on GPUs",
                               .file = "libnvjpeg.so.13",
                               .package = "nvidia-nvjpeg",
                               .versions = "that of CUDA 12 or 13"},
                              files);
  library.find(create, "nvjpegCreateEx");
  library.find(destroy, "nvjpegDestroy");
  library.find(create_state, "nvjpegJpegStateCreate");
  library.find(destroy_state, "nvjpegJpegStateDestroy");
  library.find(begin_batch, "nvjpegDecodeBatchedInitialize");
  library.find(decode_batch, "nvjpegDecodeBatched");
}

}  // namespace forebay::cuda
