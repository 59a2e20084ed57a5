#pragma once

// One run of a graph: where its flights execute, how it stops, who notices that it is stuck.

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <forebay/graph/actions.hpp>
#include <forebay/graph/graph_options.hpp>
#include <forebay/graph/settings.hpp>
#include <forebay/graph/tracer.hpp>

namespace forebay::detail {

/// Which flight the thread that settles wants for itself.
enum class Keep : std::uint8_t {
  kNone,
  kPool,  // any that the pool runs
  kOwn,   // one of the node whose own thread it is
};

/// Shared by all nodes of a graph; outlives them.
class Run {
 public:
  Run(std::string name, GraphOptions options);
  ~Run();
  Run(const Run&) = delete;  // nodes hold its address

  tbb::flow::graph& flow() { return *flow_; }
  bool metering() const { return options_.metering; }
  const std::string& name() const { return name_; }
  int threads() const { return threads_; }
  Tracer& tracer() { return tracer_; }

  /// Runs `nodes` to the end; throws what `fail` was first given. Once only.
  void execute(std::vector<Node*> nodes);

  bool started() const { return started_.load(std::memory_order_seq_cst); }
  bool stopping() const { return stopping_.load(std::memory_order_seq_cst); }
  std::int64_t begin_time() const { return begin_; }

  /// Gives `node` new settings. Any thread.
  void change(Node& node, const NodeSettings& settings);

  /// Lets no item start any more; returns at once. Any thread, not under a node's lock.
  void stop();
  /// Keeps the first failure; the run goes on until `stop`. Any thread.
  void note_failure(const std::string& what);
  /// Both. Any thread, not under a node's lock.
  void fail(const std::string& what);
  /// Tells `GraphOptions::on_skip` of a dropped item. Any thread, not under a node's lock.
  void tell_skipped(const std::string& what);
  void node_ended();

  /// Carries out `actions`. Returns the most urgent flight of those that `keep` says, for the
  /// calling thread to go on with instead of handing it to another; null when there is none.
  Flight* settle(Actions& actions, Keep keep, const Node* own = nullptr);
  /// Runs a flight, and then whatever it makes possible, on the calling worker of the pool.
  void work_on(Flight* flight);
  /// The same on a thread of the node's own, which goes on with flights of that node alone.
  void work_on_own(Flight* flight, const Node& node);
  /// Hands a flight to the pool from any thread.
  void submit(tbb::flow::function_node<Flight*>& task, Flight* flight);

 private:
  void trace_depths();
  template <typename GoOn>
  void run_chain(Flight* flight, const GoOn& go_on);
  void run_until_ended();
  std::jthread start_watchdog();
  void watch(const std::stop_token& ended);
  void report_stall(double seconds);
  bool stuck(std::uint64_t& finished_before, bool& quiet_before) const;
  std::string waiting() const;

  std::string name_;
  GraphOptions options_;
  int threads_;
  std::optional<tbb::global_control> more_threads_;
  std::unique_ptr<tbb::task_arena> arena_;
  std::unique_ptr<tbb::flow::graph> flow_;
  std::vector<Node*> nodes_;
  std::int64_t begin_ = 0;
  Tracer tracer_;

  std::atomic<bool> started_{false}, stopping_{false};
  std::atomic<std::size_t> live_{0};
  std::atomic<int> working_{0};  // threads that run a flight or settle what it led to
  std::mutex mutex_;             // guards error_
  std::mutex telling_;           // one call of on_skip at a time
  std::condition_variable_any watchdog_wakes_;
  std::optional<std::string> error_;
};

}  // namespace forebay::detail
