#pragma once

// What a cache was asked for, as inspectors are told it among the figures of its progress.

#include <map>
#include <optional>
#include <string>

#include <forebay/graph/inspect/facts.hpp>

namespace forebay {

/// Since the cache was made.
struct CacheUse {
  double hits = 0, misses = 0;
};

inline std::map<std::string, double> cache_figures(const CacheUse& use) {
  return {{"hits", use.hits}, {"misses", use.misses}};
}

/// Nothing where `progress` is not a cache's.
inline std::optional<CacheUse> cache_use(const ProgressFacts& progress) {
  const auto hits = progress.figures.find("hits"), misses = progress.figures.find("misses");
  if (hits == progress.figures.end() || misses == progress.figures.end()) return std::nullopt;
  return CacheUse{hits->second, misses->second};
}

}  // namespace forebay
