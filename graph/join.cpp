#include <forebay/graph/join.hpp>

namespace forebay::detail {

Found JoinBase::find(Actions& actions) { return by_key_ ? find_by_key(actions) : find_by_place(); }

Found JoinBase::find_by_place() {
  const Sequence s = inputs()[0]->head();
  bool hole = false;
  for (const QueueBase* input : inputs()) {
    if (input->has_hole(s)) {
      hole = true;
    } else if (!input->has_item(s)) {
      return {};
    }
  }
  match_.assign(inputs().size(), s);
  return {hole ? Found::What::kHole : Found::What::kItem, s};
}

Found JoinBase::find_by_key(Actions& actions) {
  for (std::size_t i = 1; i < inputs().size(); ++i) {
    QueueBase& input = *inputs()[i];
    for (Sequence s = input.head(); s < input.tail(); ++s) {
      if (input.has_hole(s)) input.release(s, actions);
    }
  }
  const QueueBase& first = *inputs()[0];
  for (Sequence s = first.head(); s < first.tail(); ++s) {
    if (first.has_hole(s)) {
      match_.assign(1, s);
      return {Found::What::kHole, s};
    }
    if (first.has_item(s) && match_key(s)) return {Found::What::kItem, s};
  }
  return {};
}

bool JoinBase::match_key(Sequence s) {
  const std::uint64_t wanted = key(0, s);
  match_.assign(1, s);
  for (std::size_t i = 1; i < inputs().size(); ++i) {
    const QueueBase& input = *inputs()[i];
    for (Sequence other = input.head(); other < input.tail(); ++other) {
      if (!input.has_item(other) || key(i, other) != wanted) continue;
      match_.push_back(other);
      break;
    }
    if (match_.size() != i + 1) return false;
  }
  return true;
}

void JoinBase::take_hole(Sequence s, Actions& actions) {
  // By place, the partners of a dropped item are dropped with it.
  for (std::size_t i = 0; i < match_.size(); ++i) inputs()[i]->drop(match_[i], actions);
  outputs()[0]->send_hole(s, actions);
}

bool JoinBase::exhausted() const {
  for (const QueueBase* input : inputs()) {
    if (!input->feedback && !input->ended()) return false;
  }
  return true;
}

std::string JoinBase::unmatched() const {
  for (const QueueBase* ended : inputs()) {
    if (ended->feedback || !ended->ended()) continue;
    for (const QueueBase* left : inputs()) {
      if (left->feedback || left->depth() == 0) continue;
      return std::to_string(left->depth()) + " items from " + left->from +
             " have no partner: the stream from " + ended->from + " has ended";
    }
  }
  return {};
}

}  // namespace forebay::detail
