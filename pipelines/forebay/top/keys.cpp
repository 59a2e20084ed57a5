#include <forebay/top/keys.hpp>

#include <algorithm>

namespace forebay {
namespace {

constexpr std::ptrdiff_t kPage = 10;

void select(View& view, const std::vector<NodeMeasures>& nodes, std::ptrdiff_t step) {
  if (nodes.empty()) return;
  const auto now = std::ranges::find(nodes, view.selected, &NodeMeasures::name);
  const auto last = static_cast<std::ptrdiff_t>(nodes.size()) - 1;
  // The first key selects the first node; there is none to go on from.
  const std::ptrdiff_t to = now == nodes.end() ? 0 : (now - nodes.begin()) + step;
  view.selected = nodes[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(to, 0, last))].name;
}

void sort_by_next(View& view, std::ptrdiff_t step) {
  const std::vector<std::string>& keys = sort_keys();
  const auto count = static_cast<std::ptrdiff_t>(keys.size());
  const std::ptrdiff_t now = std::ranges::find(keys, view.sort) - keys.begin();
  view.sort = keys[static_cast<std::size_t>((now + step + count) % count)];
}

Asked change(View& view, int more) {
  if (!view.selected.empty()) return {false, view.selected, more};
  view.message = "select a node first, with the arrow keys";
  return {};
}

Asked press_character(char character, View& view) {
  switch (character) {
    case 'q':
      return {true, {}, 0};
    case 'h':
    case '?':
      view.help = !view.help;
      break;
    case ' ':
    case 'p':
      view.paused = !view.paused;
      break;
    case 's':
      sort_by_next(view, 1);
      break;
    case '+':
    case '=':  // the same key without shift
      return change(view, 1);
    case '-':
      return change(view, -1);
    default:
      view.message = "no such key; h for help";
  }
  return {};
}

}  // namespace

Asked press(Key key, View& view, const std::vector<NodeMeasures>& nodes) {
  if (key.kind == Key::Kind::kNone) return {};
  view.message.clear();
  switch (key.kind) {
    case Key::Kind::kUp:
      select(view, nodes, -1);
      break;
    case Key::Kind::kDown:
      select(view, nodes, 1);
      break;
    case Key::Kind::kPageUp:
      select(view, nodes, -kPage);
      break;
    case Key::Kind::kPageDown:
      select(view, nodes, kPage);
      break;
    case Key::Kind::kLeft:
      sort_by_next(view, -1);
      break;
    case Key::Kind::kRight:
      sort_by_next(view, 1);
      break;
    case Key::Kind::kGone:
      return {true, {}, 0};
    case Key::Kind::kCharacter:
      return press_character(key.character, view);
    case Key::Kind::kNone:
    case Key::Kind::kOther:
      break;
  }
  return {};
}

}  // namespace forebay
