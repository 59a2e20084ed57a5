#include <forebay/nodes/cpu/layers/turned_weights.hpp>

#include <algorithm>
#include <cstddef>

namespace forebay {

using dnnl::memory;

memory::desc swapped_channels(const memory::desc& plain) {
  const memory::dims dims = plain.dims();
  const memory::dim window = dims[2] * dims[3];
  return {{dims[1], dims[0], dims[2], dims[3]},
          plain.data_type(),
          memory::dims{window, dims[1] * window, dims[3], 1}};
}

bool can_turn_windows(const memory::desc& packed) {
  if (packed.data.format_kind != dnnl_blocked) return false;
  const auto& strides = packed.data.format_desc.blocking.strides;
  const memory::dims dims = packed.dims();
  return strides[2] == dims[3] * strides[3] && strides[0] == dims[2] * strides[2];
}

void turn_windows(const memory::desc& packed, void* weights) {
  const memory::dims dims = packed.dims();
  const auto places = static_cast<std::size_t>(dims[2] * dims[3]);
  const std::size_t piece = static_cast<std::size_t>(packed.data.format_desc.blocking.strides[3]) *
                            memory::data_type_size(packed.data_type());
  const std::size_t windows = packed.get_size() / (places * piece);
  auto* window = static_cast<std::byte*>(weights);
  for (std::size_t i = 0; i < windows; ++i, window += places * piece) {
    for (std::size_t place = 0; place < places / 2; ++place) {
      std::byte* first = window + place * piece;
      std::swap_ranges(first, first + piece, window + (places - 1 - place) * piece);
    }
  }
}

}  // namespace forebay
