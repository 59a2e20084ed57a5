#pragma once

// Softmax cross-entropy with label smoothing, and how often the label was among the best.

#include <cstddef>
#include <span>

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Sums over the rows of `logits` (labels.size() x classes). The target gives the label
/// 1 - smoothing + smoothing / classes and every other class smoothing / classes, as PyTorch's
/// CrossEntropyLoss does; the plain cross-entropy is summed beside it. A label's rank is the number
/// of classes with strictly greater logits. `gradient`, when not empty, receives that of the mean
/// loss, in the layout of `logits`.
StepResult cross_entropy(std::span<const float> logits, std::span<const int> labels,
                         std::size_t classes, float smoothing, std::span<float> gradient = {});

}  // namespace forebay
