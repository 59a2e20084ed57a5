#include "count_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace forebay::test {
namespace {
std::atomic<std::int64_t> count{0};
thread_local std::int64_t count_of_thread = 0;
}  // namespace

std::int64_t allocations() { return count.load(); }
std::int64_t allocations_of_this_thread() { return count_of_thread; }

}  // namespace forebay::test

void* operator new(std::size_t size) {
  ++forebay::test::count;
  ++forebay::test::count_of_thread;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
