#include <forebay/nodes/cuda/nvjpeg/batch_decoder.hpp>

#include <fmt/format.h>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {

BatchDecoder::BatchDecoder(GpuId gpu, const std::string& library)
    : gpu_(std::move(gpu)), library_(library), stream_(gpu_), copied_(gpu_) {
  use(gpu_);  // handles are the current GPU's
  const auto create = [&](int backend) {
    return library_.create(backend, nullptr, nullptr, 0, &handle_);
  };
  int status = create(NvjpegLibrary::kHardware);
  if (status != 0) status = create(NvjpegLibrary::kGpuHybrid);
  if (status == 0) status = library_.create_state(handle_, &state_);
  if (status == 0) return;
  if (handle_ != nullptr) library_.destroy(handle_);
  throw Error(
      fmt::format("{} cannot decode images: nvJPEG gives status {}; decode on the CPU alone",
                  gpu_.text(), status));
}

BatchDecoder::~BatchDecoder() {
  if (gpu_hangs()) return;
  try {
    use(gpu_);
    library_.destroy_state(state_);
    library_.destroy(handle_);
  } catch (const Error&) {  // the GPU is lost, and all that it had
  }
}

// Whoever finds nobody at work decodes what is there, its own and others'.
bool BatchDecoder::decode(DecodeRequest& request) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  for (;;) {
    changed_.wait(lock, [&] { return request.done || !busy_; });
    if (request.done) break;
    busy_ = true;
    const std::vector<DecodeRequest*> batch = std::exchange(waiting_, {});
    lock.unlock();
    decode_all(batch);
    lock.lock();
    busy_ = false;
    for (DecodeRequest* each : batch) each->done = true;
    changed_.notify_all();
  }
  if (request.error) std::rethrow_exception(request.error);
  return request.decoded;
}

// One bad file spoils the others' batch, so each has another try alone.
void BatchDecoder::decode_all(std::span<DecodeRequest* const> batch) {
  try {
    const bool all = decode_at_once(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i]->decoded = all || (batch.size() > 1 && decode_at_once(batch.subspan(i, 1)));
    }
  } catch (...) {
    for (DecodeRequest* each : batch) each->error = std::current_exception();
  }
}

bool BatchDecoder::decode_at_once(std::span<DecodeRequest* const> batch) {
  use(gpu_);
  std::vector<const unsigned char*> files;
  std::vector<std::size_t> bytes;
  std::vector<NvjpegImage> images;
  for (const DecodeRequest* each : batch) {
    files.push_back(reinterpret_cast<const unsigned char*>(each->file.data()));
    bytes.push_back(each->file.size());
    images.push_back(each->image);
  }
  const bool decodes = library_.begin_batch(handle_, state_, static_cast<int>(batch.size()),
                                            /*cpu_threads=*/1, NvjpegLibrary::kYuv) == 0 &&
                       library_.decode_batch(handle_, state_, files.data(), bytes.data(),
                                             images.data(), stream_.get()) == 0;
  for (const DecodeRequest* each : batch) {
    if (!decodes) break;
    for (const auto& copy : each->copies) stream_.copy(copy.to, copy.from, copy.bytes);
  }
  copied_.record(stream_);
  copied_.synchronize();  // also where it failed: the GPU may still write to the planes
  return decodes;
}

}  // namespace forebay::cuda
