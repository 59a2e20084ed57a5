#pragma once

// The graph nodes from encoded records to batches: decode, slot, augment, batch.

#include <cstddef>
#include <cstdint>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/read/record.hpp>

namespace forebay {

/// How pixels are made of a JPEG.
enum class DecodeMode : std::uint8_t {
  kFast,   // `decode_planes` where it can: within small differences of the other, in half the time
  kExact,  // exactly as libjpeg-turbo decodes and OpenCV resizes
};

struct ImagePathOptions {
  AugmentOptions augment;
  int num_classes = 1000;
  std::uint64_t seed = 0;  // of the augmentation; a sample's randomness is (seed, its position)
  DecodeMode decode_mode = DecodeMode::kFast;
  LastBatch last = LastBatch::kDrop;
  OnError on_bad_image = OnError::kStop;
  std::uint64_t bad_image_limit = 100;
  std::size_t decode_concurrency = 4;
  std::size_t augment_concurrency = 2;
};

/// Adds the nodes
///
///     decode ─► slot ─► augment ─► batch
///
/// and returns them as one stage. `decode` gives the part of an image that is needed; a bad image, or
/// one that `augment` could not bring to its size, is skipped or ends the run. `slot` gives each good
/// sample its row of the open batch, in stream order, so that `augment` can write straight into the
/// batch's memory, in any order; `batch` sends a batch when its last row is written. Batches are
/// always full, except the last one when it is kept.
///
/// Batches come from `batches`, images from `images`; both grow to what the queues allow and no
/// further: of images, 256 MiB in front of each of `slot` and `augment` and one for each worker.
/// None of the nodes blocks.
Stage<Record, BatchHandle> image_path(Graph& graph, const ImagePathOptions& options,
                                      const BatchPool& batches, const ImagePool& images);

}  // namespace forebay
