#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "host_device.hpp"

namespace forebay::cuda {

/// Expects `train()` to give the same in whatever order streams run, by chance with so many seeds:
/// a wait that is missing shows as other bits in one of them. Returns what it gave.
template <class Train>
auto same_in_every_order(std::uint64_t seeds, const Train& train) {
  set_host_order(HostOrder::kAtOnce);
  const auto expected = train();
  set_host_order(HostOrder::kLate);
  EXPECT_EQ(train(), expected);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    set_host_order(HostOrder::kRandom, seed);
    EXPECT_EQ(train(), expected) << seed;
  }
  set_host_order(HostOrder::kAtOnce);
  return expected;
}

}  // namespace forebay::cuda
