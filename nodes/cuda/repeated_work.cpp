#include <forebay/nodes/cuda/repeated_work.hpp>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {

// Where it is the GPU that failed, queueing call by call fails again, and says so.
std::optional<CapturedWork> Capturing::capture(Stream& stream, const std::function<void()>& queue) {
  if (!captures_) return std::nullopt;
  try {
    return std::optional<CapturedWork>(std::in_place, stream, queue);
  } catch (const Error& error) {
    if (captures_.exchange(false) && tell_) tell_(error.what());
    return std::nullopt;
  }
}

void RepeatedWork::queue(Stream& stream, Capturing& capturing, const std::function<void()>& calls) {
  if (loaded_ && !captured_) captured_ = capturing.capture(stream, calls);
  if (captured_) return captured_->launch(stream);
  calls();
  loaded_ = true;
}

}  // namespace forebay::cuda
