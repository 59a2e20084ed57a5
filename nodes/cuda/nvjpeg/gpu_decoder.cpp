#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/nvjpeg/batch_decoder.hpp>
#include <forebay/nodes/image/baseline/frame.hpp>
#include <forebay/nodes/image/cut_planes.hpp>
#include <forebay/nodes/image/shrink_planes.hpp>

namespace forebay::cuda {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kSmallest = std::size_t{1} << 19;

constexpr std::size_t rounded_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// How the planes of a whole image lie in memory, with room for whole blocks.
struct PlanesInMemory {
  explicit PlanesInMemory(const detail::JpegFrame& frame) {
    const auto& luma = frame.components[0];
    for (std::size_t i = 0; i < planes.size(); ++i) {
      const auto& [id, horizontal, vertical, quant, dc, ac] = frame.components[i];
      Plane& plane = planes[i];
      plane.per_x = horizontal / static_cast<double>(luma.horizontal);
      plane.per_y = vertical / static_cast<double>(luma.vertical);
      plane.place.width = (frame.size.width * horizontal + luma.horizontal - 1) / luma.horizontal;
      plane.place.height = (frame.size.height * vertical + luma.vertical - 1) / luma.vertical;
      plane.stride = rounded_up(static_cast<std::size_t>(plane.place.width), 64);
      offsets[i] = bytes;
      bytes += plane.stride * rounded_up(static_cast<std::size_t>(plane.place.height), 16);
    }
  }
  YccPlanes at(const std::byte* memory) const {
    YccPlanes result = planes;
    for (std::size_t i = 0; i < planes.size(); ++i) {
      result[i].pixels = reinterpret_cast<const std::uint8_t*>(memory + offsets[i]);
    }
    return result;
  }

  YccPlanes planes{};
  std::array<std::size_t, 3> offsets{};
  std::size_t bytes = 0;
};

/// Whether the file has its end: of others the CPU's decoder says what is wrong.
bool has_end(Bytes jpeg) {
  return jpeg.size() > 2 && jpeg[jpeg.size() - 2] == std::byte{0xff} &&
         jpeg.back() == std::byte{0xd9};
}

/// The part, with what its reduced pixels are means of and their neighbours.
Crop with_margin(Crop part, int times, ImageSize whole) {
  if (times == 1) return part;  // cut_planes sees to the neighbours
  const int margin = 8 * times;
  const int left = std::max(0, part.x - margin), top = std::max(0, part.y - margin);
  const int right = std::min(whole.width, part.x + part.width + margin);
  const int bottom = std::min(whole.height, part.y + part.height + margin);
  return {top, left, bottom - top, right - left};
}

/// Memory for the planes of one image, on the GPU and here.
struct Lane {
  std::size_t bytes = 0;
  std::optional<GpuMemory> device;
  std::optional<PinnedMemory> host;
};

/// As many as were ever in use at once. Thread-safe.
class Lanes {
 public:
  explicit Lanes(GpuId gpu) : gpu_(std::move(gpu)) {}

  struct GiveBack {
    Lanes* lanes;
    void operator()(Lane* lane) const {
      const std::lock_guard lock(lanes->mutex_);
      lanes->free_.emplace_back(lane);
    }
  };
  using Borrowed = std::unique_ptr<Lane, GiveBack>;

  /// Null where memory is short.
  Borrowed take(std::size_t bytes) {
    Borrowed lane(any().release(), {this});
    if (lane->bytes >= bytes) return lane;
    const std::size_t size = std::max(kSmallest, std::bit_ceil(bytes));
    *lane = {};
    try {
      use(gpu_);
      lane->device.emplace(gpu_.number, size);
      lane->host.emplace(size);
    } catch (const Error&) {
      return {nullptr, {this}};
    }
    lane->bytes = size;
    return lane;
  }

 private:
  std::unique_ptr<Lane> any() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Lane>();
    auto lane = std::move(free_.back());
    free_.pop_back();
    return lane;
  }

  const GpuId gpu_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> free_;  // guarded by mutex_
};

/// `cut`, of planes in the lane's memory on the GPU, as it will lie in that here: whole rows, but
/// for the ends.
YccPlanes copy_to_host(const YccPlanes& cut, const Lane& lane, DecodeRequest& request) {
  YccPlanes here = cut;
  std::byte* to = lane.host->data();
  for (std::size_t i = 0; i < cut.size(); ++i) {
    const auto rows = static_cast<std::size_t>(cut[i].place.height);
    const std::size_t bytes =
        (rows - 1) * cut[i].stride + static_cast<std::size_t>(cut[i].place.width);
    request.copies[i] = {to, reinterpret_cast<const std::byte*>(cut[i].pixels), bytes};
    here[i].pixels = reinterpret_cast<const std::uint8_t*>(to);
    to += bytes;
  }
  return here;
}

class GpuDecoder {
 public:
  GpuDecoder(const GpuId& gpu, std::function<void(const std::string& line)> tell,
             const std::string& library)
      : tell_(std::move(tell)), lanes_(gpu), decoder_(gpu, tell_, library) {}

  std::optional<YccPart> decode(Bytes jpeg, const ImagePool& pool, const WantedPlanes& wanted) {
    if (failed_) return std::nullopt;
    const auto frame = detail::read_frame(jpeg);
    if (!frame || !has_end(jpeg)) return std::nullopt;
    const PlanesInMemory layout(*frame);
    if (layout.bytes > kGpuDecodeBytes) return std::nullopt;
    const auto part = wanted(frame->size);
    if (!part) return std::nullopt;
    const Lanes::Borrowed lane = lanes_.take(layout.bytes);
    if (!lane) return std::nullopt;
    const YccPlanes planes = layout.at(lane->device->data());
    const int times = reduction(*part);
    DecodeRequest request;
    request.file = jpeg;
    for (std::size_t i = 0; i < planes.size(); ++i) {
      request.image.channel[i] = const_cast<std::uint8_t*>(planes[i].pixels);
      request.image.pitch[i] = planes[i].stride;
    }
    const YccPlanes here = copy_to_host(
        cut_planes(planes, with_margin(part->part, times, frame->size)), *lane, request);
    if (!decodes(request)) return std::nullopt;
    return shrink_planes(here, frame->size, times, pool);
  }

 private:
  bool decodes(DecodeRequest& request) {
    try {
      return decoder_.decode(request);
    } catch (const Error& error) {
      if (!failed_.exchange(true)) {
        tell_(fmt::format("{}; from here on the CPU alone decodes what was this GPU's",
                          error.what()));
      }
      return false;
    }
  }

  const std::function<void(const std::string& line)> tell_;
  std::atomic<bool> failed_{false};
  Lanes lanes_;
  BatchDecoder decoder_;
};

}  // namespace
}  // namespace forebay::cuda

namespace forebay {

PlanesDecoder make_gpu_decoder(const GpuId& gpu, std::function<void(const std::string& line)> tell,
                               const std::string& library) {
  const auto decoder = std::make_shared<cuda::GpuDecoder>(gpu, std::move(tell), library);
  return [decoder](std::span<const std::byte> jpeg, const ImagePool& pool,
                   const WantedPlanes& wanted) { return decoder->decode(jpeg, pool, wanted); };
}

}  // namespace forebay
