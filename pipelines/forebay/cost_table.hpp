#pragma once

// What a training costs, as a table by region and zone.

#include <string>
#include <vector>

#include <forebay/interruptions.hpp>
#include <forebay/prices.hpp>

namespace forebay {

/// A line per price: on demand and spot, per hour and for a training of `hours`, on spot instances
/// also with the interruptions that are to be expected; then what was assumed. The cheapest is
/// marked.
std::string cost_table(const std::vector<Price>& prices, double hours,
                       const Interruptions& interruptions);

}  // namespace forebay
