#include <fmt/format.h>
#include <forebay/nodes/read/record.hpp>

namespace forebay {

std::string describe(const Record& record) {
  if (record.file != nullptr && record.number == Record::kWholeFile) return *record.file;
  const std::string file = record.file == nullptr ? "" : *record.file + ", ";
  return fmt::format("{}record {} (id {})", file, record.number, record.id);
}

}  // namespace forebay
