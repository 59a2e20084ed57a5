#include <forebay/nodes/cpu/op.hpp>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void gather(const OutputGradient<Value>& gradient, int threads) {
  Value* const total = gradient.total();
  if (total == nullptr) return;
  for_each_part(threads, [&gradient, total, threads](int part) {
    const Part range = part_of(gradient.size(), part, threads);
    Value* sum = total + range.begin;
    const Value* so_far = gradient.terms()[0] + range.begin;
    for (std::size_t i = 1; i < gradient.terms().size(); ++i) {
      kernels::add_floor(so_far, gradient.terms()[i] + range.begin, range.size(), kernels::kNoFloor,
                         sum);
      so_far = sum;
    }
  });
}

template void gather(const OutputGradient<float>&, int);
template void gather(const OutputGradient<Bfloat16>&, int);

}  // namespace forebay
