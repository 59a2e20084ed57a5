#pragma once

// The graph nodes from encoded records to batches: decode, slot, augment, batch.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/batch/decode_needed.hpp>
#include <forebay/nodes/batch/decoded_cache.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/read/record.hpp>

namespace forebay {

/// A node that decodes beside `decode`, from the same queue, on threads of its own.
struct DecodeHelper {
  std::string name;
  PlanesDecoder decode;  // its calls may wait; what it gives nothing for is decoded as elsewhere
  std::size_t concurrency = 1;
};

struct ImagePathOptions {
  AugmentOptions augment;
  int num_classes = 1000;
  std::uint64_t seed = 0;  // of the augmentation; a sample's randomness is (seed, its position)
  DecodeMode decode_mode = DecodeMode::kFast;
  LastBatch last = LastBatch::kDrop;
  OnError on_bad_image = OnError::kStop;
  std::uint64_t bad_image_limit = 100;
  std::shared_ptr<DecodedCache> cache{};       // null: every image is decoded every time
  std::vector<DecodeHelper> decode_helpers{};  // with kFast, and no cache
  std::size_t decode_concurrency = 4;
  std::size_t augment_concurrency = 2;
};

/// Places in the queues before and after a node of `concurrency`, unless they are set otherwise: a
/// slow image holds the window, so a few times as many as are worked on.
constexpr std::size_t image_places(std::size_t concurrency) {
  return std::max<std::size_t>(16, 2 * concurrency);
}

/// Bytes that `decode` gives for this record, which depend on what its sample needs. Throws `Error`
/// for a bad image.
std::size_t decoded_bytes(const Record& record, const ImagePathOptions& options,
                          const ImagePool& images);

/// Adds the nodes
///
///     decode ─► slot ─► augment ─► batch
///
/// and returns them as one stage. `decode` gives the part of an image that is needed; a bad image,
/// or one that `augment` could not bring to its size, is skipped or ends the run. `slot` gives each
/// good sample its row of the open batch, in stream order, so that `augment` can write straight
/// into the batch's memory, in any order; `batch` sends a batch when its last row is written.
/// Batches are always full, except the last one when it is kept.
///
/// A decode helper takes from `decode`'s queue when it has a worker free; which images it decodes
/// depends on timing, and what samples are to the bit on which.
///
/// Batches come from `batches`, images from `images`; both grow to what the queues allow and no
/// further: of images and the rows that wait for them, 256 MiB in front of each of `slot` and
/// `augment` and one for each worker. A place costs an image before `slot`, an image and its row
/// before `augment`, and a row before `batch`. None of the nodes blocks but
/// helpers.
Stage<Record, BatchHandle> image_path(Graph& graph, const ImagePathOptions& options,
                                      const BatchPool& batches, const ImagePool& images);

}  // namespace forebay
