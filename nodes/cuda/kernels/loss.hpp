#pragma once

// Element functions of softmax cross-entropy with label smoothing, and of the labels' ranks.

#include <cmath>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// What one row of logits gives.
struct RowLoss {
  float largest;        // logit
  float exponentials;   // the sum of e to the logits less the largest
  float loss;           // with label smoothing
  float cross_entropy;  // without
  Index before;         // classes that come before the label
};

/// One row. Classes come before the label with greater logits, of equal ones the lower classes, and
/// those that are not a number, as in the CPU's `cross_entropy`.
struct LossOfRow {
  const float* logits;
  const int* labels;
  Index classes;
  float smoothing;
  RowLoss* out;

  __host__ __device__ void operator()(Index row) const {
    const float* values = logits + std::size_t{row} * classes;
    const Index label = static_cast<Index>(labels[row]);
    const float own = values[label];
    float largest = values[0];
    for (Index i = 1; i < classes; ++i) largest = values[i] > largest ? values[i] : largest;
    float exponentials = 0, total = 0;
    Index before = 0;
    for (Index i = 0; i < classes; ++i) {
      const float value = values[i];
      exponentials += expf(value - largest);
      total += value - largest;
      before += !(value <= own) || (i < label && value == own) ? 1 : 0;
    }
    const float log_sum = logf(exponentials);
    const float of_label = log_sum - (own - largest);
    const float even = log_sum - total / static_cast<float>(classes);
    out[row] = {largest, exponentials, (1 - smoothing) * of_label + smoothing * even, of_label,
                own == own ? before : classes};
  }
};

/// Sums over the rows of a batch.
struct BatchLoss {
  double loss, cross_entropy;
  Index top1, top5;
};

/// The only element: adds up in the rows' order.
struct SumLosses {
  const RowLoss* rows;
  Index count;
  BatchLoss* out;

  __host__ __device__ void operator()(Index /*element*/) const {
    BatchLoss sum{};
    for (Index row = 0; row < count; ++row) {
      sum.loss += static_cast<double>(rows[row].loss);
      sum.cross_entropy += static_cast<double>(rows[row].cross_entropy);
      sum.top1 += rows[row].before < 1 ? 1 : 0;
      sum.top5 += rows[row].before < 5 ? 1 : 0;
    }
    *out = sum;
  }
};

/// The gradient by one logit of the rows' mean loss times `scale`.
template <class Value>
struct LossGradient {
  const float* logits;
  const int* labels;
  const RowLoss* losses;
  Index classes, rows;
  float smoothing;
  const float* scale;
  Value* out;

  __host__ __device__ void operator()(Index element) const {
    const Index row = element / classes, i = element % classes;
    const float probability =
        expf(logits[element] - losses[row].largest) / losses[row].exponentials;
    const float target = (i == static_cast<Index>(labels[row]) ? 1 - smoothing : 0.0F) +
                         smoothing / static_cast<float>(classes);
    out[element] = from_float<Value>((probability - target) * (*scale / static_cast<float>(rows)));
  }
};

}  // namespace forebay::cuda
