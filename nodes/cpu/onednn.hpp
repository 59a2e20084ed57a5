#pragma once

// oneDNN primitives with their arguments bound once, so that running one copies nothing.

#include <string>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include <forebay/nodes/cpu/bfloat16.hpp>
#include <forebay/nodes/cpu/op.hpp>

namespace forebay::onednn {

/// One engine for the process; one stream per replica works on the calling thread.
const dnnl::engine& engine();

/// Primitives get their scratch memory from the plan.
dnnl::primitive_attr attributes();

template <class Value>
inline constexpr auto kType = dnnl::memory::data_type::f32;
template <>
inline constexpr auto kType<Bfloat16> = dnnl::memory::data_type::bf16;

/// rows x shape, NHWC.
template <class Value>
dnnl::memory::desc images(std::size_t rows, const ImageShape& shape) {
  return {{static_cast<dnnl::memory::dim>(rows), shape.channels, shape.height, shape.width},
          kType<Value>,
          dnnl::memory::format_tag::nhwc};
}

/// A tensor in torchvision's plain order.
template <class Value>
dnnl::memory::desc plain(const dnnl::memory::dims& dims) {
  using Tag = dnnl::memory::format_tag;
  constexpr Tag kTags[]{Tag::a, Tag::ab, Tag::abc, Tag::abcd};
  return {dims, kType<Value>, kTags[dims.size() - 1]};
}

/// The same dimensions in whatever layout the primitive prefers.
template <class Value>
dnnl::memory::desc any(const dnnl::memory::dims& dims) {
  return {dims, kType<Value>, dnnl::memory::format_tag::any};
}

/// A primitive and its arguments.
class Call {
 public:
  Call() = default;
  explicit Call(dnnl::primitive primitive) : primitive_(std::move(primitive)) {}

  /// The argument's data lies at `data`.
  void bind(int argument, const dnnl::memory::desc& layout, const void* data);

  /// Moves an argument that was bound before.
  void rebind(int argument, const void* data);

  /// Runs and waits. Throws `Error`.
  void run();

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

/// Copies between two layouts of one tensor, from where `rebind(DNNL_ARG_FROM, ...)` says to
/// `target`.
Call reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to, void* target);

}  // namespace forebay::onednn
