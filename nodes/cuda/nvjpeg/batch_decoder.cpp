#include <forebay/nodes/cuda/nvjpeg/batch_decoder.hpp>

#include <fmt/format.h>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {
namespace {

/// How many files in a row that fail for no fault of theirs, as far as is known, are nvJPEG's. It
/// has other statuses too for files that its decoding engine does not take.
constexpr int kMostFailed = 8;

/// Whether it is a file's fault. What an engine does not support may be all that there is.
bool refuses_file(int status, int backend) {
  if (status == NvjpegLibrary::kBadJpeg || status == NvjpegLibrary::kIncomplete) return true;
  return backend != NvjpegLibrary::kHardware &&
         (status == NvjpegLibrary::kJpegNotSupported || status == NvjpegLibrary::kNotImplemented);
}

}  // namespace

BatchDecoder::BatchDecoder(GpuId gpu, std::function<void(const std::string& line)> tell,
                           const std::string& library)
    : gpu_(std::move(gpu)),
      tell_(std::move(tell)),
      library_(library),
      stream_(gpu_),
      copied_(gpu_) {
  use(gpu_);  // handles are the current GPU's
  int status = open(NvjpegLibrary::kHardware);
  if (status != 0) status = open(NvjpegLibrary::kGpuHybrid);
  if (status == 0) return;
  throw Error(
      fmt::format("{} cannot decode images: nvJPEG gives status {}; decode on the CPU alone",
                  gpu_.text(), status));
}

BatchDecoder::~BatchDecoder() {
  if (gpu_hangs()) return;
  try {
    use(gpu_);
    close();
  } catch (const Error&) {  // the GPU is lost, and all that it had
  }
}

int BatchDecoder::open(int backend) {
  backend_ = backend;
  int status = library_.create(backend, nullptr, nullptr, 0, &handle_);
  if (status == 0) status = library_.create_state(handle_, &state_);
  if (status != 0) close();
  return status;
}

void BatchDecoder::close() {
  if (state_ != nullptr) library_.destroy_state(std::exchange(state_, nullptr));
  if (handle_ != nullptr) library_.destroy(std::exchange(handle_, nullptr));
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
    try {
      decode_all(batch);
    } catch (...) {
      for (DecodeRequest* each : batch) each->error = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    for (DecodeRequest* each : batch) each->done = true;
    changed_.notify_all();
  }
  if (request.error) std::rethrow_exception(request.error);
  return request.decoded;
}

// One bad file spoils its batch, so each half has another try.
void BatchDecoder::decode_all(std::span<DecodeRequest* const> batch) {
  if (decode_at_once(batch)) {
    for (DecodeRequest* each : batch) each->decoded = true;
  } else if (batch.size() > 1) {
    decode_all(batch.first(batch.size() / 2));
    decode_all(batch.subspan(batch.size() / 2));
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
  int status = library_.begin_batch(handle_, state_, static_cast<int>(batch.size()),
                                    /*cpu_threads=*/1, NvjpegLibrary::kYuv);
  if (status == 0) {
    status = library_.decode_batch(handle_, state_, files.data(), bytes.data(), images.data(),
                                   stream_.get());
  }
  for (const DecodeRequest* each : batch) {
    if (status != 0) break;
    for (const auto& copy : each->copies) stream_.copy(copy.to, copy.from, copy.bytes);
  }
  copied_.record(stream_);
  copied_.synchronize();  // also where it failed: the GPU may still write to the planes
  if (status == 0) failed_in_row_ = 0;
  if (status != 0 && batch.size() == 1 && !refuses_file(status, backend_)) file_failed(status);
  return status == 0;
}

void BatchDecoder::file_failed(int status) {
  if (++failed_in_row_ < kMostFailed) return;
  failed_in_row_ = 0;
  if (backend_ == NvjpegLibrary::kHardware) {  // an engine that can be opened need not work
    tell_(fmt::format("{} decodes without its decoding engine, where nvJPEG gives status {}",
                      gpu_.text(), status));
    close();
    status = open(NvjpegLibrary::kGpuHybrid);
    if (status == 0) return;
  }
  throw Error(
      fmt::format("{} does not decode images: nvJPEG gives status {}", gpu_.text(), status));
}

}  // namespace forebay::cuda
