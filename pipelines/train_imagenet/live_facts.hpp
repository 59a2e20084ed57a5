#pragma once

// What inspectors of a running session are told beside its graph: progress and devices.

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/facts.hpp>
#include <train_imagenet/progress.hpp>

namespace forebay {

/// "epoch 3 of 90" with its images, loss and accuracy.
ProgressFacts pass_facts(const Progress& progress);
/// "training" with the images of all epochs, each of `images_per_epoch`, and the figures of its
/// plan.
ProgressFacts training_facts(const Progress& progress, std::int64_t images_per_epoch,
                             std::optional<double> price_per_hour);

/// How busy replicas' devices are, from what their nodes measure. For one thread at a time.
class DeviceMeter {
 public:
  /// Without `busy` and speed; `rows` is what each trains on per step.
  DeviceMeter(std::vector<DeviceFacts> devices, std::size_t rows);

  /// The mean over the last seconds: since the call nearest to 5 s ago, or the run's begin.
  /// `run` is of a graph whose nodes "forward-backward[i]" or "evaluate[i]" are the devices' work.
  std::vector<DeviceFacts> measure(const GraphSnapshot& run);
  /// The devices idle. The next call of `measure` is about another run.
  std::vector<DeviceFacts> idle();

 private:
  struct Sample {
    std::int64_t time = 0;
    std::vector<std::int64_t> busy;     // per device
    std::vector<std::uint64_t> passes;  // finished
  };
  Sample sample(const GraphSnapshot& run) const;

  std::vector<DeviceFacts> devices_;
  std::size_t rows_;
  std::deque<Sample> samples_;  // of the run, the oldest first
};

/// Publishes both while it lives. Any thread.
class LiveFacts {
 public:
  /// `roles` as of `node_roles`, the rest as for `DeviceMeter` and `training_facts`.
  LiveFacts(NodeRoles roles, std::vector<DeviceFacts> devices, std::size_t rows,
            std::int64_t images_per_epoch, std::optional<double> price_per_hour);
  LiveFacts(const LiveFacts&) = delete;  // what is published holds its address

  void set(const Progress& progress);

  /// While this lives the devices are those of `graph`, which outlives it.
  class Watch {
   public:
    Watch(LiveFacts& facts, const Graph& graph) : facts_(facts) { facts_.watch(&graph); }
    ~Watch() { facts_.watch(nullptr); }
    Watch(const Watch&) = delete;  // ends once

   private:
    LiveFacts& facts_;
  };

 private:
  void watch(const Graph* graph);
  std::vector<DeviceFacts> device_facts();

  std::mutex mutex_;
  Progress progress_;
  const std::int64_t images_per_epoch_;
  const std::optional<double> price_per_hour_;
  DeviceMeter meter_;
  const Graph* graph_ = nullptr;                   // that runs now
  Publication roles_, devices_, pass_, training_;  // last: withdrawn first
};

/// The roles of the nodes of all graphs of this program with so many replicas.
NodeRoles node_roles(std::size_t replicas);

}  // namespace forebay
