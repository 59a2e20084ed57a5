#include <forebay/nodes/batch/batch.hpp>

#include <new>
#include <utility>

namespace forebay {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

struct BatchPool::State {
  std::size_t rows = 0;
  ImageShape shape;
  SampleFormat format;
  BatchMemory memory;
  std::mutex mutex;
  std::vector<Batch*> free;
  std::size_t allocated = 0;

  ~State() {
    for (Batch* batch : free) {
      memory.give_back(batch->images);
      delete batch;
    }
  }

  Batch* make() {
    auto batch = std::make_unique<Batch>();
    batch->shape = shape;
    batch->format = format;
    batch->rows = rows;
    batch->labels.resize(rows);
    batch->images = memory.take(rows * batch->row_bytes());
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

BatchMemory plain_batch_memory() {
  return {.take =
              [](std::size_t bytes) {
                return static_cast<std::byte*>(::operator new(bytes, kAlignment));
              },
          .give_back = [](std::byte* memory) { ::operator delete(memory, kAlignment); }};
}

BatchPool::BatchPool(std::size_t rows, ImageShape shape, SampleFormat format, BatchMemory memory)
    : state_(std::make_shared<State>()) {
  state_->rows = rows;
  state_->shape = shape;
  state_->format = format;
  state_->memory = std::move(memory);
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
