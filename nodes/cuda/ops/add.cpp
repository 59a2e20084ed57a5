#include <forebay/nodes/cuda/ops/add.hpp>

namespace forebay::cuda {

template <class Value>
void Add<Value>::forward(const Pass& pass) {
  launch(AddFloor<Value>{this->a_values_, this->b_values_, floor_, this->y_}, packs_of(this->size_),
         pass.stream);
}

template <class Value>
void Add<Value>::backward(const Pass& pass) {
  const auto& gradient = this->gradient_;
  gather(gradient, pass);
  launch(MaskGradient<Value>{gradient.first(), gradient.second(), this->y_, floor_, this->dz_},
         packs_of(this->size_), pass.stream);
}

template class Add<float>;
template class Add<__half>;
template class Add<__nv_bfloat16>;

}  // namespace forebay::cuda
