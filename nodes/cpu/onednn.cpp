#include <forebay/nodes/cpu/onednn.hpp>

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include <forebay/graph/error.hpp>

namespace forebay::onednn {
namespace {

using dnnl::memory;

// CPU streams hold no state of a run; oneDNN allows one for all threads.
dnnl::stream& stream() {
  static dnnl::stream instance(engine());
  return instance;
}

void* writable(const void* data) { return const_cast<void*>(data); }  // oneDNN has one handle type

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void Call::bind(int argument, const memory::desc& layout, const void* data) {
  memories_.emplace_back(layout, engine(), writable(data));
  arguments_.push_back({argument, memories_.back().get()});
}

void Call::rebind(int argument, const void* data) {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i].arg == argument) memories_[i].set_data_handle(writable(data), stream());
  }
}

void Call::run() {
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), stream().get(), static_cast<int>(arguments_.size()), arguments_.data());
  if (status != dnnl_success) {
    throw Error(fmt::format("oneDNN could not run a layer: {}", dnnl_status2str(status)));
  }
  stream().wait();
}

Call reorder(const memory::desc& from, const memory::desc& to, void* target) {
  Call call(dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to)));
  call.bind(DNNL_ARG_FROM, from, DNNL_MEMORY_NONE);
  call.bind(DNNL_ARG_TO, to, target);
  return call;
}

}  // namespace forebay::onednn
