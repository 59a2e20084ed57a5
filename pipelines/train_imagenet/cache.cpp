#include <train_imagenet/cache.hpp>

#include <fmt/format.h>

#include <common/cache_facts.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/host.hpp>

namespace forebay {
namespace {

double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

std::shared_ptr<DecodedCache> make_cache(const TrainOptions& options, RecordReader& reader) {
  if (!options.cache) return nullptr;
  const std::uint64_t room = available_memory();
  if (*options.cache > room) {
    throw Error(
        fmt::format("--cache is ram:{:.0f}M, but {:.0f} MiB of memory are available; give less",
                    mib(*options.cache), mib(room)));
  }
  auto cache = std::make_shared<DecodedCache>(*options.cache, reader.total());
  reader.skip_known([cache](std::uint64_t index) { return cache->known(index); });
  return cache;
}

Publication publish_cache(const std::shared_ptr<const DecodedCache>& cache) {
  if (!cache) return {};
  return publish_progress([cache] {
    const CacheStats stats = cache->stats();
    const CacheUse use{static_cast<double>(stats.hits), static_cast<double>(stats.misses)};
    return ProgressFacts{"cache", mib(stats.bytes), mib(stats.capacity), "MiB", cache_figures(use)};
  });
}

std::string cache_text(const DecodedCache* cache) {
  if (cache == nullptr) return "";
  const CacheStats stats = cache->stats();
  const std::uint64_t images = stats.hits + stats.misses;
  const double share =
      images > 0 ? static_cast<double>(stats.hits) / static_cast<double>(images) : 0;
  return fmt::format(
      "cache: {} of {} images came from memory ({:.1f} %); {} are in {:.1f} of {:.1f} MiB{}\n",
      stats.hits, images, 100 * share, stats.images, mib(stats.bytes), mib(stats.capacity),
      stats.full ? ", no more fit" : "");
}

}  // namespace forebay
