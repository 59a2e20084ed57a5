#pragma once

// Handles to the ends of nodes, and `>>`, which connects them.

#include <cstddef>
#include <string>
#include <type_traits>

#include <forebay/graph/node.hpp>

namespace forebay {

/// Where items of type `T` go in: one input of a node. `Input<void>` is none.
template <typename T>
struct Input {
  detail::Queue<T>* queue = nullptr;
};
template <>
struct Input<void> {};

/// Where items of type `T` come out: one output of a node. `Output<void>` is none.
template <typename T>
struct Output {
  detail::OutputBase* port = nullptr;
  std::size_t branch = 0;
};
template <>
struct Output<void> {};

/// A node, or nodes connected to one another, with one input and one output: `a >> b` is a stage
/// too, so a sub-graph is a function that returns one. Handles are small and belong to no one;
/// the `Graph` they come from outlives them.
template <typename In, typename Out>
struct Stage {
  Input<In> input;
  Output<Out> output;
};

namespace detail {
/// Throws `Error` when either end is connected already.
void connect(OutputBase& output, std::size_t branch, QueueBase& queue);

/// The same for an edge that closes a cycle and will begin with `first` items. Throws `Error` when
/// these are none, or more than the queue has places for, or when the node of `output` cannot keep
/// the order of what it sends.
void connect_back(OutputBase& output, std::size_t branch, QueueBase& queue, std::size_t first);

/// Throws `Error` when no node called `name` can help `leader`, whose output should be `output`.
void check_helper(const std::string& name, const Node& leader, const OutputBase& output);

/// `number`, of a node's `what` ("branches"). Throws `Error` when it is 0.
std::size_t positive(const std::string& node, const char* what, std::size_t number);
}  // namespace detail

/// Connects the output of `left` to the input of `right`. Fails to compile when the item types
/// differ; throws `Error` when one of the two is connected already.
template <typename A, typename B, typename C, typename D>
Stage<A, D> operator>>(const Stage<A, B>& left, const Stage<C, D>& right) {
  static_assert(!std::is_void_v<B>, "forebay: the left node is a sink, it sends nothing");
  static_assert(!std::is_void_v<C>, "forebay: the right node is a source, it takes nothing");
  static_assert(std::is_same_v<B, C>,
                "forebay: the left node sends items of another type than the right node takes");
  if constexpr (std::is_same_v<B, C> && !std::is_void_v<B>) {
    detail::connect(*left.output.port, left.output.branch, *right.input.queue);
  }
  return {left.input, right.output};
}

template <typename A, typename B>
Stage<A, void> operator>>(const Stage<A, B>& left, const Input<B>& right) {
  return left >> Stage<B, void>{right, {}};
}

template <typename B, typename C, typename D>
Stage<void, D> operator>>(const Output<B>& left, const Stage<C, D>& right) {
  return Stage<void, B>{{}, left} >> right;
}

template <typename B>
Stage<void, void> operator>>(const Output<B>& left, const Input<B>& right) {
  return Stage<void, B>{{}, left} >> Stage<B, void>{right, {}};
}

}  // namespace forebay
