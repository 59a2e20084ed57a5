#pragma once

// Refuses rows that a replica cannot work on.

#include <cstddef>
#include <string>

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// For one replica. Each call throws `Error` that names the network and what is wrong.
class ShardCheck {
 public:
  /// Of a replica whose images are of `type`, kFloat32 or kUint8.
  ShardCheck(const Network& network, std::size_t rows, SampleType type = SampleType::kFloat32)
      : name_(network.name),
        classes_(static_cast<std::size_t>(network.classes)),
        rows_(rows),
        type_(type) {}

  void train(const Shard& shard) const;
  void evaluate(const Shard& shard, std::span<const float> logits) const;

 private:
  void content(const Shard& shard, const char* what) const;

  std::string name_;
  std::size_t classes_, rows_;
  SampleType type_;
};

}  // namespace forebay
