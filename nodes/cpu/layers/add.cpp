#include <forebay/nodes/cpu/layers/add.hpp>

#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void Add<Value>::forward(const Pass& pass) {
  for_each_part(threads_, [this, &pass](int part) {
    const Part range = part_of(pass.block.rows * this->row_size_, part, threads_);
    const std::size_t at = pass.block.begin * this->row_size_ + range.begin;
    const Value* b = this->b_values_ == nullptr ? nullptr : this->b_values_ + at;
    kernels::add_floor(this->a_values_ + at, b, range.size(), floor_, this->y_ + at);
  });
}

template <class Value>
void Add<Value>::backward(const Pass& pass) {
  const auto& gradient = this->gradient_;
  gather(gradient, pass.block, threads_);
  for_each_part(threads_, [this, &gradient, &pass](int part) {
    const Part range = part_of(pass.block.rows * this->row_size_, part, threads_);
    const std::size_t at = pass.block.begin * this->row_size_ + range.begin;
    const Value* second = gradient.second();
    kernels::mask_gradient(gradient.first() + at, second == nullptr ? nullptr : second + at,
                           this->y_ + at, range.size(), floor_, this->dz_ + at);
  });
}

template class Add<float>;
template class Add<Bfloat16>;

}  // namespace forebay
