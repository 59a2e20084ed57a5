#pragma once

// The OpenMP threads that one step works with.

#include <omp.h>

#include <cstddef>

namespace forebay {

/// Sets the calling thread's OpenMP team size for a scope. oneDNN bakes the size into a primitive
/// and must meet the same one when it runs, so what the environment says of smaller teams
/// (OMP_DYNAMIC, OMP_MAX_ACTIVE_LEVELS) is set aside as well. All of this is per thread, and so are
/// teams: one begins with the first step on a thread and ends with that thread. A team of 1 runs
/// inline.
class TeamSize {
 public:
  explicit TeamSize(int threads) {
    omp_set_num_threads(threads);
    omp_set_dynamic(0);
    omp_set_max_active_levels(omp_get_active_level() + 1);
  }
  ~TeamSize() {
    omp_set_num_threads(threads_before_);
    omp_set_dynamic(dynamic_before_);
    omp_set_max_active_levels(levels_before_);
  }
  TeamSize(const TeamSize&) = delete;
  TeamSize& operator=(const TeamSize&) = delete;

 private:
  const int threads_before_ = omp_get_max_threads(), dynamic_before_ = omp_get_dynamic(),
            levels_before_ = omp_get_max_active_levels();
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
