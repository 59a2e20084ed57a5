#include <common/flag_text.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include <common/terminal.hpp>
#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr std::size_t kTextColumn = 34;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

bool last_word_is(std::string_view name, std::string_view word) {
  return name.size() > word.size() && name.ends_with(word) &&
         name[name.size() - word.size() - 1] == '-';
}

}  // namespace

std::string wrap_words(std::string_view text, std::size_t indent) {
  std::string out;
  for (const std::string& line : wrapped(text, kHelpColumns - indent)) {
    if (!out.empty()) out += '\n' + std::string(indent, ' ');
    out += line;
  }
  return out;
}

std::string help_entry(std::string_view usage, std::string_view help, std::string_view standard) {
  const std::string text =
      standard.empty() ? std::string(help) : fmt::format("{} [{}]", help, standard);
  const std::string gap(usage.size() + 3 > kTextColumn ? "\n" + std::string(kTextColumn, ' ') : "");
  return fmt::format("  {:<{}}{}{}\n", usage, kTextColumn - 2, gap, wrap_words(text, kTextColumn));
}

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    // The start of a flag's name is what people abbreviate to, its last word what they remember.
    const bool part =
        name.size() > 2 && (candidate.starts_with(name) || last_word_is(candidate, name));
    const std::size_t distance = part ? 1 : edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

void refuse_unknown_flag(std::string_view name, std::span<const std::string> known,
                         std::string_view where) {
  const std::string nearest = nearest_name(name, known);
  const std::string hint =
      nearest.empty() ? "; --help lists them" : "; did you mean --" + nearest + "?";
  throw Error(fmt::format("{}unknown flag --{}{}", where, name, hint));
}

}  // namespace forebay
