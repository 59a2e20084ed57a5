#include <im2rec/python_shuffle.hpp>

#include <bit>
#include <cstddef>
#include <numeric>
#include <random>
#include <utility>

namespace forebay {
namespace {

/// The 624 words that Matsumoto and Nishimura's init_by_array makes of a key of one word, which is
/// how Python seeds its Mersenne Twister. std::mt19937 takes its state from `generate`.
class PythonSeed {
 public:
  using result_type = std::uint32_t;
  explicit PythonSeed(std::uint32_t key) : key_(key) {}

  template <typename Iterator>
  void generate(Iterator begin, Iterator end) const {
    const auto n = static_cast<std::size_t>(end - begin);
    std::vector<std::uint32_t> state(n);
    state[0] = 19650218;
    for (std::size_t i = 1; i < n; ++i) {
      state[i] = 1812433253 * mixed(state[i - 1]) + static_cast<std::uint32_t>(i);
    }
    std::size_t at = 1;
    const auto step = [&](std::uint32_t factor, auto add) {
      state[at] = add(state[at] ^ (mixed(state[at - 1]) * factor), at);
      if (++at == n) {
        state[0] = state[n - 1];
        at = 1;
      }
    };
    for (std::size_t i = 0; i < n; ++i) {
      step(1664525, [this](std::uint32_t value, std::size_t) { return value + key_; });
    }
    for (std::size_t i = 1; i < n; ++i) {
      step(1566083941, [](std::uint32_t value, std::size_t place) {
        return value - static_cast<std::uint32_t>(place);
      });
    }
    state[0] = 0x80000000;
    for (std::size_t i = 0; i < n; ++i) begin[static_cast<std::ptrdiff_t>(i)] = state[i];
  }

 private:
  static std::uint32_t mixed(std::uint32_t word) { return word ^ (word >> 30); }
  std::uint32_t key_;
};

class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed) {
    PythonSeed words(seed);
    generator_.seed(words);
  }

  /// Below `bound`, as Python draws it: as many bits as `bound` has, until they are below it.
  std::uint64_t below(std::uint64_t bound) {
    const auto bits = static_cast<int>(std::bit_width(bound));
    for (;;) {
      const std::uint64_t value = take_bits(bits);
      if (value < bound) return value;
    }
  }

 private:
  std::uint64_t take_bits(int bits) {
    if (bits <= 32) return static_cast<std::uint64_t>(generator_()) >> (32 - bits);
    const std::uint64_t low = generator_();
    return low | take_bits(bits - 32) << 32;
  }
  std::mt19937 generator_;
};

}  // namespace

std::vector<std::uint64_t> python_shuffle(std::uint64_t count, std::uint32_t seed) {
  std::vector<std::uint64_t> order(count);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  PythonRandom random(seed);
  for (std::uint64_t i = count; i-- > 1;) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace forebay
