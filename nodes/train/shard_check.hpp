#pragma once

// Refuses rows that a replica cannot work on.

#include <cstddef>
#include <string>

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// For one replica. Each call throws `Error` that names the network and what is wrong.
class ShardCheck {
 public:
  ShardCheck(const Network& network, std::size_t rows)
      : name_(network.name), classes_(static_cast<std::size_t>(network.classes)), rows_(rows) {}

  void train(const Shard& shard) const;
  void evaluate(const Shard& shard, std::span<const float> logits) const;

 private:
  void labels(const Shard& shard, const char* what) const;

  std::string name_;
  std::size_t classes_, rows_;
};

}  // namespace forebay
