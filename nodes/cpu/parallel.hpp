#pragma once

// The OpenMP threads that one step works with.

#include <omp.h>

#include <cstddef>

namespace forebay {

/// Sets the calling thread's OpenMP team size for a scope. oneDNN bakes the size into a primitive
/// and must meet the same one when it runs; the setting is per thread, and replicas' steps may run
/// on any thread. A team of 1 runs inline.
class TeamSize {
 public:
  explicit TeamSize(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~TeamSize() { omp_set_num_threads(before_); }
  TeamSize(const TeamSize&) = delete;
  TeamSize& operator=(const TeamSize&) = delete;

 private:
  int before_;
};

/// Part `part` of `parts` nearly equal parts of `size` things.
struct Part {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};
inline Part part_of(std::size_t size, int part, int parts) {
  const auto p = static_cast<std::size_t>(part), n = static_cast<std::size_t>(parts);
  return {size * p / n, size * (p + 1) / n};
}

/// Calls body(part) for 0 <= part < parts, each on a thread of the team. What a part works on
/// depends on `parts` alone, so results do not depend on how many threads the team gets.
template <class Body>
void for_each_part(int parts, const Body& body) {
  if (parts == 1) {
    body(0);
    return;
  }
#pragma omp parallel for schedule(static, 1) num_threads(parts)
  for (int part = 0; part < parts; ++part) body(part);
}

}  // namespace forebay
