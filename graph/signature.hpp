#pragma once

// Reads the item type of a node from its body's parameter.

#include <type_traits>

namespace forebay::detail {

template <typename F>
struct Signature {
  static_assert(
      requires { &F::operator(); },
      "forebay: a body is a function or an object with one operator() that is no template");
  using Argument = typename Signature<decltype(&F::operator())>::Argument;
};
template <typename C, typename R, typename A, typename... More>
struct Signature<R (C::*)(A, More...)> {
  using Argument = std::remove_cvref_t<A>;
};
template <typename C, typename R, typename A, typename... More>
struct Signature<R (C::*)(A, More...) const> {
  using Argument = std::remove_cvref_t<A>;
};
template <typename C, typename R, typename A, typename... More>
struct Signature<R (C::*)(A, More...) noexcept> {
  using Argument = std::remove_cvref_t<A>;
};
template <typename C, typename R, typename A, typename... More>
struct Signature<R (C::*)(A, More...) const noexcept> {
  using Argument = std::remove_cvref_t<A>;
};
template <typename R, typename A, typename... More>
struct Signature<R (*)(A, More...)> {
  using Argument = std::remove_cvref_t<A>;
};
template <typename R, typename A, typename... More>
struct Signature<R (*)(A, More...) noexcept> {
  using Argument = std::remove_cvref_t<A>;
};

/// The type of a body's first parameter, without const and reference. The body is a function or an
/// object with one, non-template `operator()`.
template <typename Body>
using ArgumentOf = typename Signature<std::decay_t<Body>>::Argument;

}  // namespace forebay::detail
