#include <forebay/nodes/cuda/gpus.hpp>

namespace forebay {

GpuMachine find_gpus() { return {}; }

}  // namespace forebay
