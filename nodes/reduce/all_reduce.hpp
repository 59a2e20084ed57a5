#pragma once

// Averages one gradient bucket over the replicas of this process.

#include <cstddef>
#include <span>

namespace forebay {

/// One replica's part of a bucket: the gradient of the mean loss over its `rows`. With 0 rows the
/// values are not read.
struct BucketPart {
  std::span<const float> values;
  std::size_t rows = 0;
};

/// Writes to `output` the gradient of the mean loss over all rows: the parts' mean, weighted by
/// rows. `parts` are in the order of replicas, whatever order they arrived in: each element is
/// ((w0 * g0 + w1 * g1) + w2 * g2) + ... with w = rows / all rows in float, so the bits depend on
/// the values alone, not on timing, threads or the CPU. At least one row; every size equal to
/// `output`'s. Values and their mean are rounded to `Sent`, float or Bfloat16, as if they were sent
/// so; the sum is float's, where NCCL for more than two parts rounds also the weight and sums.
///
/// `output` may be the memory of any part (in place); otherwise it overlaps none. Reads every part
/// once and writes once, and allocates nothing. Elements do not depend on each other: disjoint
/// ranges of one bucket may be reduced by several threads.
template <class Sent = float>
void all_reduce_mean(std::span<const BucketPart> parts, std::span<float> output);

}  // namespace forebay
