#include <forebay/nodes/batch/batch.hpp>

#include <new>
#include <utility>

namespace forebay {
namespace {

constexpr std::align_val_t kAlignment{64};

void destroy(Batch* batch) {
  ::operator delete(batch->images, kAlignment);
  delete batch;
}

}  // namespace

struct BatchPool::State {
  std::size_t rows = 0;
  ImageShape shape;
  SampleFormat format;
  std::mutex mutex;
  std::vector<Batch*> free;
  std::size_t allocated = 0;

  ~State() {
    for (Batch* batch : free) destroy(batch);
  }

  Batch* make() {
    auto batch = std::make_unique<Batch>();
    batch->shape = shape;
    batch->format = format;
    batch->rows = rows;
    batch->labels.resize(rows);
    batch->images = static_cast<std::byte*>(::operator new(rows * batch->row_bytes(), kAlignment));
    return batch.release();
  }

  Batch* take() {
    std::lock_guard lock(mutex);
    if (free.empty()) {
      free.reserve(allocated + 1);  // so that giving back never allocates
      Batch* batch = make();
      ++allocated;
      return batch;
    }
    Batch* batch = free.back();
    free.pop_back();
    return batch;
  }

  void give_back(Batch* batch) noexcept {
    std::lock_guard lock(mutex);
    free.push_back(batch);
  }
};

BatchPool::BatchPool(std::size_t rows, ImageShape shape, SampleFormat format)
    : state_(std::make_shared<State>()) {
  state_->rows = rows;
  state_->shape = shape;
  state_->format = format;
}

BatchHandle BatchPool::take() {
  BatchHandle batch(state_->take(), [state = state_](Batch* used) { state->give_back(used); });
  batch->filled = 0;
  batch->number = 0;
  batch->next_position = 0;
  return batch;
}

std::size_t BatchPool::allocated() const {
  std::lock_guard lock(state_->mutex);
  return state_->allocated;
}

}  // namespace forebay
