#include "count_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace forebay::test {
namespace {
std::atomic<std::int64_t> count{0};
}

std::int64_t allocations() { return count.load(); }

}  // namespace forebay::test

void* operator new(std::size_t size) {
  ++forebay::test::count;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
