#pragma once

// Element functions of softmax cross-entropy with label smoothing, and of the labels' ranks.

#include <cmath>
#include <limits>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// Threads that go through the logits of a row side by side.
constexpr Index kLossLanes = 32;

// Finite, so that a lane whose logits are all -infinity has exponentials of 0.
constexpr float kLowestLogit = std::numeric_limits<float>::lowest();

/// What every kLossLanes-th logit of a row gives.
struct PartLoss {
  float largest;
  float exponentials;  // the sum of e to the logits less the largest
  float total;         // of the logits less the largest
  Index before;        // classes that come before the label
};

/// One lane of one row. Classes come before the label with greater logits, of equal ones the lower
/// classes, and those that are not a number, as in the CPU's `cross_entropy`.
struct LossOfPart {
  const float* logits;
  const int* labels;
  Index classes;
  PartLoss* out;  // rows x kLossLanes

  __host__ __device__ void operator()(Index element) const {
    const Index row = element / kLossLanes, lane = element % kLossLanes;
    if (lane >= classes) return;
    const float* values = logits + std::size_t{row} * classes;
    const Index label = static_cast<Index>(labels[row]);
    const float own = values[label];
    PartLoss part{kLowestLogit, 0, 0, 0};
    for (Index i = lane; i < classes; i += kLossLanes) {
      part.largest = values[i] > part.largest ? values[i] : part.largest;
    }
    for (Index i = lane; i < classes; i += kLossLanes) {
      const float value = values[i];
      part.exponentials += expf(value - part.largest);
      part.total += value - part.largest;
      part.before += !(value <= own) || (i < label && value == own) ? 1 : 0;
    }
    out[element] = part;
  }
};

/// What one row of logits gives.
struct RowLoss {
  float largest;        // logit
  float exponentials;   // the sum of e to the logits less the largest
  float loss;           // with label smoothing
  float cross_entropy;  // without
  Index before;         // classes that come before the label
};

/// One row, of its parts.
struct LossOfRow {
  const PartLoss* parts;  // rows x kLossLanes
  const float* logits;
  const int* labels;
  Index classes;
  float smoothing;
  RowLoss* out;

  __host__ __device__ void operator()(Index row) const {
    const PartLoss* of_row = parts + std::size_t{row} * kLossLanes;
    const Index lanes = classes < kLossLanes ? classes : kLossLanes;
    float largest = of_row[0].largest;
    for (Index lane = 1; lane < lanes; ++lane) {
      largest = of_row[lane].largest > largest ? of_row[lane].largest : largest;
    }
    float exponentials = 0, total = 0;
    Index before = 0;
    for (Index lane = 0; lane < lanes; ++lane) {
      const PartLoss part = of_row[lane];
      const float less = part.largest - largest;
      const Index count = (classes - lane + kLossLanes - 1) / kLossLanes;
      exponentials += part.exponentials * expf(less);
      total += part.total + static_cast<float>(count) * less;
      before += part.before;
    }
    const Index label = static_cast<Index>(labels[row]);
    const float own = logits[std::size_t{row} * classes + label];
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
