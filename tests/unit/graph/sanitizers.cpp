// What ThreadSanitizer is not to report. oneTBB's library is not instrumented, so the order that it
// makes between threads is invisible. `race_top` hides a report only where the access itself is in
// oneTBB's headers or in a function object handed to it; `race` names parts of oneTBB that call
// nothing of ours (the end of a task) and the loops of the tests. Races in the graph core's own
// code stay visible.

#ifdef __SANITIZE_THREAD__
extern "C" const char* __tsan_default_suppressions();

const char* __tsan_default_suppressions() {
  return "race_top:oneapi/tbb\n"
         "race_top:tbb::detail\n"
         "race_top:graph/hand_over.hpp\n"
         "race:tbb::detail::d1::broadcast_cache\n"
         "race:tbb::detail::d1::wait_context\n"
         "race:tbb::detail::d1::fold_tree\n"
         "race:tbb::detail::d1::start_for\n"
         "called_from_lib:libtbb.so.12\n";
}
#endif
