#include <forebay/nodes/cpu/op.hpp>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void gather(const OutputGradient<Value>& gradient, const Block& block, int threads) {
  Value* const total = gradient.total();
  if (total == nullptr) return;
  for_each_part(threads, [&gradient, &block, total, threads](int part) {
    const Part range = part_of(block.rows * gradient.row_size(), part, threads);
    const std::size_t at = block.begin * gradient.row_size() + range.begin;
    Value* sum = total + at;
    const Value* so_far = gradient.terms()[0] + at;
    for (std::size_t i = 1; i < gradient.terms().size(); ++i) {
      kernels::add_floor(so_far, gradient.terms()[i] + at, range.size(), kernels::kNoFloor, sum);
      so_far = sum;
    }
  });
}

template void gather(const OutputGradient<float>&, const Block&, int);
template void gather(const OutputGradient<Bfloat16>&, const Block&, int);

}  // namespace forebay
