#pragma once

// What keys do in forebay top, without a terminal.

#include <cstdint>
#include <string>
#include <vector>

#include <forebay/top/layout.hpp>

namespace forebay {

/// A key as the terminal gives it.
struct Key {
  enum class Kind : std::uint8_t {
    kNone,  // none came in time
    kCharacter,
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kOther,  // one without a meaning, or a new size
    kGone,   // there is no terminal any more
  } kind = Kind::kNone;
  char character = 0;
};

/// What a key asks for beside another view.
struct Asked {
  bool quit = false;
  std::string node;  // whose concurrency to change; empty for none
  int more = 0;      // workers, +1 or -1
};

/// Changes `view` as the key says; `nodes` are those shown, in their order.
Asked press(Key key, View& view, const std::vector<NodeMeasures>& nodes);

}  // namespace forebay
