#include <forebay/graph/join.hpp>

#include <algorithm>

#include <forebay/graph/run.hpp>

namespace forebay::detail {

Found JoinBase::find(Actions& actions) {
  if (!by_key_) return find_by_place();
  try {
    return find_by_key(actions);
  } catch (...) {  // the key function, called on item `asked_`
    run().note_failure(name() + ": item " + std::to_string(asked_) + ": " + exception_text());
    actions.events.push_back({Event::Kind::kStop, nullptr, nullptr, 0});
    return {};
  }
}

// A stream that comes back over a feedback edge is matched in its order, not by place: what it
// carries belongs to no item in particular, and items that were dropped took none of it.
Found JoinBase::find_by_place() {
  match_.clear();
  bool item = false, hole = false, absent = false;
  Sequence place = 0;  // the same for all streams that still go on
  for (QueueBase* input : inputs()) {
    const Sequence s = input->head();
    match_.push_back(s);
    if (input->feedback()) continue;
    place = std::max(place, s);
    if (input->has_item(s)) {
      item = true;
    } else if (input->has_hole(s)) {
      hole = true;
    } else if (input->ended()) {
      absent = true;  // like a hole, but nothing may go with it
    } else {
      return {};
    }
  }
  if (hole && !(absent && item)) return {Found::What::kHole, place};
  if (absent) return {};
  for (std::size_t i = 0; i < match_.size(); ++i) {
    if (!inputs()[i]->has_item(match_[i])) return {};
  }
  return {Found::What::kItem, place};
}

void JoinBase::skip_holes(QueueBase& input, Actions& actions) {
  for (Sequence s = input.head(); s < input.tail(); ++s) {
    if (input.has_hole(s)) input.release(s, actions);
  }
}

Found JoinBase::find_by_key(Actions& actions) {
  for (std::size_t i = 1; i < inputs().size(); ++i) skip_holes(*inputs()[i], actions);
  const QueueBase& first = *inputs()[0];
  for (Sequence s = first.head(); s < first.tail(); ++s) {
    if (first.has_hole(s)) return {Found::What::kHole, s};
    if (first.has_item(s) && match_key(s)) return {Found::What::kItem, s};
  }
  return {};
}

bool JoinBase::match_key(Sequence s) {
  const std::uint64_t wanted = key(0, asked_ = s);
  match_.assign(inputs().size(), s);
  for (std::size_t i = 1; i < inputs().size(); ++i) {
    if (!find_key(i, wanted)) return false;
  }
  return true;
}

bool JoinBase::find_key(std::size_t input, std::uint64_t wanted) {
  const QueueBase& queue = *inputs()[input];
  for (Sequence s = queue.head(); s < queue.tail(); ++s) {
    if (!queue.has_item(s) || key(input, asked_ = s) != wanted) continue;
    match_[input] = s;
    return true;
  }
  return false;
}

void JoinBase::take_hole(Sequence s, Actions& actions) {
  if (by_key_) {
    inputs()[0]->release(s, actions);
  } else {
    // By place, the partners of a dropped item are dropped with it.
    for (std::size_t i = 0; i < inputs().size(); ++i) {
      QueueBase& input = *inputs()[i];
      if (!input.feedback() && !input.ended()) input.drop(match_[i], actions);
    }
  }
  outputs()[0]->send_hole(s, actions);
}

bool JoinBase::exhausted() const {
  for (const QueueBase* input : inputs()) {
    if (!input->feedback() && !input->ended()) return false;
  }
  return true;
}

Sequence JoinBase::output_end() const {
  if (by_key_) return inputs()[0]->end();
  Sequence end = 0;
  for (const QueueBase* input : inputs()) {
    if (!input->feedback()) end = std::max(end, input->end());
  }
  return end;
}

// Called when nothing was found: so what is here has no partner here.
std::string JoinBase::unmatched() const {
  for (const QueueBase* ended : inputs()) {
    if (ended->feedback() || !(by_key_ ? ended->complete() : ended->ended())) continue;
    for (const QueueBase* left : inputs()) {
      if (left == ended || left->feedback() || left->depth() == 0) continue;
      Sequence s = left->head();
      while (!left->has_item(s)) ++s;
      return "item " + std::to_string(s) + " from " + left->from +
             " has no partner: the stream from " + ended->from + " has ended after " +
             std::to_string(ended->end()) + " items";
    }
  }
  return {};
}

}  // namespace forebay::detail
