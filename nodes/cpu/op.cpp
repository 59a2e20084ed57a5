#include <forebay/nodes/cpu/op.hpp>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void OutputGradient<Value>::plan(Planner& planner, const Tensor& tensor, std::size_t most) {
  terms_ = tensor.gradients;
  most_ = most;
  size_ = planner.rows * tensor.row_size();
  threads_ = planner.threads;
  for (int term : terms_) planner.read(term);
  if (terms_.size() > most) sum_ = planner.write_values<Value>(size_);
}

template <class Value>
void OutputGradient<Value>::bind(const Arena& arena) {
  for (int term : terms_) bound_.push_back(arena.values<Value>(term));
  if (terms_.size() > most_) {
    first_ = total_ = arena.values<Value>(sum_);
  } else {
    first_ = bound_[0];
    if (bound_.size() > 1) second_ = bound_[1];
  }
}

template <class Value>
void OutputGradient<Value>::gather() const {
  if (total_ == nullptr) return;
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(size_, part, threads_);
    Value* sum = total_ + range.begin;
    kernels::add_floor(bound_[0] + range.begin, bound_[1] + range.begin, range.size(),
                       kernels::kNoFloor, sum);
    for (std::size_t i = 2; i < bound_.size(); ++i) {
      kernels::add_floor(sum, bound_[i] + range.begin, range.size(), kernels::kNoFloor, sum);
    }
  });
}

template class OutputGradient<float>;
template class OutputGradient<Bfloat16>;

}  // namespace forebay
