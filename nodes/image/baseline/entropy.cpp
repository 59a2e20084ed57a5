#include <forebay/nodes/image/baseline/entropy.hpp>

#include <algorithm>

// Shifts by variable numbers of bits are one step with BMI2: so what has many is built twice, and
// the program picks at start. ThreadSanitizer instruments the function that picks, which runs
// before its runtime exists, and crashes; so its builds keep the plain code.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define FOREBAY_SHIFT_CLONES __attribute__((target_clones("bmi2", "default")))
#else
#define FOREBAY_SHIFT_CLONES
#endif

namespace forebay::detail {
namespace {

/// The tables of the images before: most files have those of the standard.
class TableCache {
 public:
  /// Nothing for codes that are refused. Valid until `kTables` others have been asked for.
  const HuffmanTable* find(const HuffmanCodes& codes, HuffmanKind kind) {
    const auto is_it = [&](const Entry& entry) { return entry.table.is_of(codes, kind); };
    auto entry = std::ranges::find_if(entries_, is_it);
    if (entry == entries_.end()) {
      entry = std::ranges::min_element(entries_, {}, &Entry::last_use);
      if (!entry->table.build(codes, kind)) return nullptr;
    }
    entry->last_use = ++uses_;
    return &entry->table;
  }

 private:
  struct Entry {
    HuffmanTable table;
    std::uint64_t last_use = 0;
  };

  static constexpr std::size_t kTables = 8;  // an image has up to six
  std::array<Entry, kTables> entries_;
  std::uint64_t uses_ = 0;
};

// In every clone of the functions that call them, for its instructions.
#define FOREBAY_INLINE [[gnu::always_inline]] inline

/// Consumes a DC symbol and adds its difference to the last value.
FOREBAY_INLINE bool take_dc(Bits& bits, const HuffmanTable& table, int& last) {
  bits.refill();
  const HuffmanSymbol symbol = table.symbol(bits.top());
  if (symbol.bits() == 0) return false;
  bits.consume(symbol.bits());
  int value = symbol.value();
  if (symbol.size() > 0) value = coefficient(bits.take(symbol.size()), symbol.size());
  last = static_cast<std::int16_t>(last + value);  // as libjpeg keeps it
  return true;
}

/// Consumes the AC symbols of a block from `place` on.
FOREBAY_INLINE bool skip_ac(Bits& bits, const HuffmanTable& ac, int place) {
  while (place < 64) {
    // Looked up before the refill, which then takes no time: enough bits are left for a code.
    const HuffmanSkip skip = ac.skip(bits.top());
    bits.refill();
    if (skip.bits != 0 && place <= 64 - HuffmanTable::kMostSkipped) [[likely]] {
      bits.consume(skip.bits);
      place += skip.places;
      continue;
    }
    const HuffmanSymbol symbol = ac.symbol(bits.top());
    if (symbol.bits() == 0) return false;
    bits.consume(symbol.bits());
    bits.consume(symbol.size());
    place += symbol.run() + 1;
  }
  return true;
}

FOREBAY_INLINE bool decode_block(Bits& stream, EntropyComponent& component, std::int16_t* block) {
  Bits bits = stream;
  if (!take_dc(bits, *component.dc, component.last_dc)) return false;
  const HuffmanTable& ac = *component.ac;
  const DctScale& scale = component.scale;
  block[0] = static_cast<std::int16_t>(scale.scaled(component.last_dc, 0) + kDctBias);
  const int needed = scale.needed;
  int place = 1;
  while (place < needed) {
    const HuffmanSymbol symbol = ac.symbol(bits.top());  // before the refill, as in skip_ac
    bits.refill();
    if (symbol.bits() == 0) return false;
    bits.consume(symbol.bits());
    int value = symbol.value();
    if (symbol.size() > 0) [[unlikely]] {
      value = coefficient(bits.take(symbol.size()), symbol.size());
    }
    place += symbol.run();
    if (place < needed) {
      block[scale.place[static_cast<std::size_t>(place)]] = scale.scaled(value, place);
    }
    ++place;
  }
  const bool whole = skip_ac(bits, ac, place);
  stream = bits;
  return whole;
}

FOREBAY_INLINE bool skip_block(Bits& stream, EntropyComponent& component) {
  Bits bits = stream;
  const bool whole =
      take_dc(bits, *component.dc, component.last_dc) && skip_ac(bits, *component.ac, 1);
  stream = bits;
  return whole;
}

}  // namespace

EntropyDecoder::EntropyDecoder(const JpegFrame& frame, const ScanBytes& scan, int size)
    : scan_(scan), restart_interval_(frame.restart_interval) {
  thread_local TableCache tables;
  ready_ = true;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    const JpegComponent& from = frame.components[i];
    EntropyComponent& component = components_[i];
    component.dc = tables.find(frame.dc[from.dc], HuffmanKind::kDc);
    component.ac = tables.find(frame.ac[from.ac], HuffmanKind::kAc);
    component.scale = DctScale(frame.quant[from.quant], size);
    component.horizontal = from.horizontal;
    component.vertical = from.vertical;
    ready_ = ready_ && component.dc != nullptr && component.ac != nullptr;
  }
  ready_ = ready_ && begin_segment(0);
}

bool EntropyDecoder::begin_segment(std::size_t segment) {
  if (segment >= scan_.segments()) return false;
  segment_ = segment;
  mcu_ = static_cast<int>(segment) * restart_interval_;
  bits_ = Bits(scan_.begin(segment));
  for (EntropyComponent& component : components_) component.last_dc = 0;
  return true;
}

FOREBAY_SHIFT_CLONES bool EntropyDecoder::seek(int mcu) {
  if (restart_interval_ > 0) {
    const auto segment = static_cast<std::size_t>(mcu / restart_interval_);
    if (segment > segment_ && !begin_segment(segment)) return false;
  }
  for (; mcu_ < mcu; ++mcu_) {
    if (!begin_mcu()) return false;
    for (EntropyComponent& component : components_) {
      for (int i = component.horizontal * component.vertical; i > 0; --i) {
        if (!skip_block(bits_, component)) return false;
      }
    }
  }
  return true;
}

FOREBAY_SHIFT_CLONES bool EntropyDecoder::decode(int count,
                                                 const std::array<CoefficientRows, 3>& rows) {
  for (int i = 0; i < count; ++i, ++mcu_) {
    if (!begin_mcu()) return false;
    for (std::size_t c = 0; c < components_.size(); ++c) {
      EntropyComponent& component = components_[c];
      for (std::size_t y = 0; y < static_cast<std::size_t>(component.vertical); ++y) {
        for (int x = 0; x < component.horizontal; ++x) {
          const auto block = static_cast<std::size_t>(i * component.horizontal + x);
          if (!decode_block(bits_, component, rows[c].rows[y] + block_begin(block))) return false;
        }
      }
    }
  }
  return bits_.position() <= scan_.end(segment_);
}

/// Makes sure that the last one was not made of the zeros after the data, and goes to the next
/// segment where one begins.
bool EntropyDecoder::begin_mcu() {
  if (bits_.position() > scan_.end(segment_)) return false;
  if (restart_interval_ == 0) return true;
  const auto segment = static_cast<std::size_t>(mcu_ / restart_interval_);
  return segment == segment_ || begin_segment(segment);
}

}  // namespace forebay::detail
