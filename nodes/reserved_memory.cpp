#include <forebay/nodes/reserved_memory.hpp>

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>

namespace forebay {

ReservedMemory::ReservedMemory(std::size_t bytes) : size_(bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(fmt::format("cannot reserve {} bytes of memory: {}", bytes,
                            std::generic_category().message(errno)));
  }
  madvise(memory, bytes, MADV_HUGEPAGE);  // without huge pages it is only slower
  data_ = static_cast<std::byte*>(memory);
}

ReservedMemory::~ReservedMemory() { munmap(data_, size_); }

}  // namespace forebay
