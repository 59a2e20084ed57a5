#include <forebay/nodes/cpu/layers/add.hpp>

#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void Add<Value>::forward(const Pass& /*pass*/) {
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(this->size_, part, threads_);
    const Value* b = this->b_values_ == nullptr ? nullptr : this->b_values_ + range.begin;
    kernels::add_floor(this->a_values_ + range.begin, b, range.size(), floor_,
                       this->y_ + range.begin);
  });
}

template <class Value>
void Add<Value>::backward(const Pass& /*pass*/) {
  const auto& gradient = this->gradient_;
  gather(gradient, threads_);
  for_each_part(threads_, [this, &gradient](int part) {
    const Part range = part_of(this->size_, part, threads_);
    const Value* second = gradient.second();
    kernels::mask_gradient(gradient.first() + range.begin,
                           second == nullptr ? nullptr : second + range.begin,
                           this->y_ + range.begin, range.size(), floor_, this->dz_ + range.begin);
  });
}

template class Add<float>;
template class Add<Bfloat16>;

}  // namespace forebay
