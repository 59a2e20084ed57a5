#include <forebay/nodes/batch/image_path.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include <forebay/nodes/batch/label.hpp>
#include <forebay/nodes/batch/slots.hpp>

namespace forebay {
namespace {

constexpr std::size_t kMostBytes = 256 << 20;  // of decoded images, and rows, before a node

/// What was decoded of an image, and the record it was.
struct Decoded {
  Pixels image;
  Record record;
};

std::string describe(const Decoded& decoded) { return describe(decoded.record); }
std::size_t byte_size(const Decoded& decoded) { return byte_size(decoded.image); }

/// What was decoded of an image, and the row it goes to.
struct Placed {
  Pixels image;
  Slot slot;
  std::uint64_t position = 0;
};

std::size_t byte_size(const Slot& slot) { return slot.batch->row_bytes(); }
std::size_t byte_size(const Placed& placed) {
  return byte_size(placed.image) + byte_size(placed.slot);
}

/// A row that has been written.
struct Written {
  Slot slot;
  std::uint64_t position = 0;
};

std::size_t byte_size(const Written& row) { return byte_size(row.slot); }

class CollectRows {
 public:
  explicit CollectRows(LastBatch last) : collector_(last) {}
  std::optional<BatchHandle> add(Written row) {
    return some(collector_.add(row.slot, row.position));
  }
  std::optional<BatchHandle> finish() { return some(collector_.finish()); }

 private:
  static std::optional<BatchHandle> some(BatchHandle batch) {
    return batch ? std::optional(std::move(batch)) : std::nullopt;
  }
  BatchCollector collector_;
};

std::size_t all_that_decode(const ImagePathOptions& options) {
  std::size_t workers = options.decode_concurrency;
  for (const DecodeHelper& helper : options.decode_helpers) workers += helper.concurrency;
  return workers;
}

/// A helper's body. What its decoder leaves is decoded as everywhere, one image at a time: the
/// helper's threads come on top of the pool's, which has the cores.
class DecodeBeside {
 public:
  DecodeBeside(const ImagePathOptions& options, PlanesDecoder decode, ImagePool images)
      : augmentation_(options.augment),
        seed_(options.seed),
        decode_(std::move(decode)),
        images_(std::move(images)) {}

  Decoded operator()(const Record& record) const {
    std::unique_lock rest(*rest_, std::defer_lock);
    const auto planes = [&](std::span<const std::byte> jpeg, const ImagePool& pool,
                            const WantedPlanes& wanted) {
      auto part = decode_(jpeg, pool, wanted);
      if (part) return part;
      rest.lock();
      return decode_planes(jpeg, pool, wanted);
    };
    return {decode_needed(record.image, augmentation_, Random(seed_, record.position),
                          DecodeMode::kFast, images_, planes),
            record};
  }

 private:
  Augment augmentation_;
  std::uint64_t seed_;
  PlanesDecoder decode_;
  ImagePool images_;
  std::shared_ptr<std::mutex> rest_ = std::make_shared<std::mutex>();
};

void add_helper(Graph& graph, const Stage<Record, Decoded>& decode, const ImagePathOptions& options,
                const DecodeHelper& helper, const ImagePool& images) {
  graph.helper(helper.name, decode,
               {.concurrency = helper.concurrency,
                .on_error = options.on_bad_image,
                .skip_limit = options.bad_image_limit,
                .run_on = RunOn::kOwnThreads,
                .fixed = true},
               DecodeBeside(options, helper.decode, images));
}

}  // namespace

std::size_t decoded_bytes(const Record& record, const ImagePathOptions& options,
                          const ImagePool& images) {
  return byte_size(decode_needed(record.image, Augment(options.augment),
                                 Random(options.seed, record.position), options.decode_mode,
                                 images));
}

Stage<Record, BatchHandle> image_path(Graph& graph, const ImagePathOptions& options,
                                      const BatchPool& batches, const ImagePool& images) {
  const std::size_t decode_room = image_places(all_that_decode(options));
  const std::size_t augment_room = image_places(options.augment_concurrency);

  const Augment augmentation(options.augment);
  const auto decode = graph.transform(
      "decode",
      {.concurrency = options.decode_concurrency,
       .queue = decode_room,
       .on_error = options.on_bad_image,
       .skip_limit = options.bad_image_limit},
      [images, augmentation, seed = options.seed, mode = options.decode_mode,
       cache = options.cache](const Record& record) {
        const Random random(seed, record.position);
        return Decoded{cache ? cache->pixels(record, augmentation, random, mode, images)
                             : decode_needed(record.image, augmentation, random, mode, images),
                       record};
      });
  for (const DecodeHelper& helper : options.decode_helpers)
    add_helper(graph, decode, options, helper, images);
  // In stream order, so that a sample's row does not depend on who decoded first.
  const auto slot = graph.transform(
      "slot",
      {.queue = decode_room, .queue_bytes = kMostBytes, .order = Order::kInOrder, .fixed = true},
      [assign = SlotAssigner(batches), classes = options.num_classes](Decoded decoded) mutable {
        const int label = check_label(decoded.record.labels.front(), classes);
        Placed placed{std::move(decoded.image), assign.next(), decoded.record.position};
        placed.slot.label() = label;
        return placed;
      });
  const auto augment = graph.transform(
      "augment",
      {.concurrency = options.augment_concurrency,
       .queue = augment_room,
       .queue_bytes = kMostBytes},
      [augmentation, seed = options.seed](Placed placed) {
        const Random random(seed, placed.position);
        std::visit([&](const auto& image) { augmentation(image, random, placed.slot.image()); },
                   placed.image);
        return Written{std::move(placed.slot), placed.position};
      });
  const auto batch =
      graph.collect<Written>("batch", {.queue = augment_room}, CollectRows(options.last));
  return decode >> slot >> augment >> batch;
}

}  // namespace forebay
