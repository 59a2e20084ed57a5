// What a node adds to its graph's timeline.

#include <forebay/graph/node.hpp>
#include <forebay/graph/run.hpp>

namespace forebay::detail {

void Node::trace(const Flight& flight, Actions& actions) const {
  if (flight.end == 0 || !flight.counted || !run_.metering()) return;
  run_.tracer().add(TracedBody{number_, flight.sequence, flight.begin, flight.end});
  actions.traced = true;
}

TracedNode Node::traced() const {
  TracedNode result{name_, {}};
  for (const QueueBase* input : inputs_) result.inputs.push_back(input->from);
  return result;
}

void Node::trace_depths(Tracer& tracer, std::int64_t now) const {
  for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
    TracedDepth depth{number_, i, 0, now};
    {
      const tbb::spin_mutex::scoped_lock lock(mutex_);
      depth.depth = inputs_[i]->depth();
    }
    tracer.add(depth);
  }
}

}  // namespace forebay::detail
