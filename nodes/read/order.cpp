#include <numeric>
#include <utility>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/read/order.hpp>

namespace forebay {
namespace {

// Sets these draws apart from those that others key by (seed, pass, item).
constexpr std::uint64_t kOrderStream = 0x6f726465722d3031;

void shuffle(std::span<std::uint32_t> values, Random& random) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[random.below(left)]);
  }
}

std::vector<std::uint32_t> permutation(std::uint64_t size, Random& random) {
  std::vector<std::uint32_t> values(size);
  std::iota(values.begin(), values.end(), 0U);
  shuffle(values, random);
  return values;
}

}  // namespace

PassOrder PassOrder::in_sequence(std::uint64_t records) {
  PassOrder order;
  order.size_ = records;
  return order;
}

PassOrder PassOrder::shuffled(std::uint64_t records, std::uint64_t seed, std::uint64_t pass) {
  Random random(seed, pass, kOrderStream);
  PassOrder order;
  order.size_ = records;
  order.records_ = permutation(records, random);
  return order;
}

PassOrder PassOrder::mixed(std::span<const std::uint32_t> block_begins, std::uint32_t window,
                           std::uint64_t seed, std::uint64_t pass) {
  const std::size_t blocks = block_begins.size() - 1;
  if (blocks <= window) {
    PassOrder order = shuffled(block_begins.back(), seed, pass);
    order.visits_.resize(blocks);
    std::iota(order.visits_.begin(), order.visits_.end(), 0U);
    return order;
  }
  Random random(seed, pass, kOrderStream);
  PassOrder order;
  order.size_ = block_begins.back();
  order.records_.reserve(order.size_);
  order.visits_ = permutation(blocks, random);

  // pending[v % window] gathers the records dealt to place v, for v up to window - 1 ahead.
  std::vector<std::vector<std::uint32_t>> pending(window);
  const auto finish = [&](std::size_t visit) {
    auto& records = pending[visit % window];
    shuffle(records, random);
    order.records_.insert(order.records_.end(), records.begin(), records.end());
    records.clear();
  };
  for (std::size_t visit = 0; visit < blocks; ++visit) {
    const std::uint32_t block = order.visits_[visit];
    for (std::uint32_t record = block_begins[block]; record < block_begins[block + 1]; ++record) {
      pending[(visit + random.below(window)) % window].push_back(record);
    }
    finish(visit);
  }
  for (std::size_t visit = blocks; visit < blocks + window - 1; ++visit) finish(visit);
  return order;
}

Places places_of_part(std::uint64_t records, std::uint32_t part, std::uint32_t parts) {
  return {records * part / parts, records * (part + 1) / parts};
}

}  // namespace forebay
