// SkyPilot's catalogs: a line per machine and zone, columns by name.

#include <forebay/prices.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace forebay {
namespace {

// The fields of one line. Quoted ones may hold commas and, doubled, quotes; none goes on in the
// next line.
std::vector<std::string> fields_of(const std::string& line, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[++i];
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  if (quoted) throw Error(fmt::format("price file {}: a quote does not end there", where));
  return fields;
}

class Catalog {
 public:
  Catalog(const std::string& header, const std::string& file)
      : columns_(fields_of(header, file + ", line 1")) {
    for (const char* needed : {"InstanceType", "Price", "Region"}) {
      if (column(needed)) continue;
      throw Error(fmt::format(
          "price file {}, line 1: there is no column {}; give a SkyPilot catalog "
          "(vms.csv), or JSON of aws ec2 describe-spot-price-history or of the AWS price list",
          file, needed));
    }
  }

  std::optional<Price> read(const std::string& line, const std::string& where,
                            const std::string& instance) const {
    const auto fields = fields_of(line, where);
    if (fields.size() != columns_.size()) {
      throw Error(fmt::format("price file {}: there are {} fields, but line 1 names {} columns",
                              where, fields.size(), columns_.size()));
    }
    const auto text = [&](const char* name) {
      const auto at = column(name);
      return at ? fields[*at] : std::string();
    };
    if (text("InstanceType") != instance) return std::nullopt;
    Price price{.region = text("Region"), .zone = text("AvailabilityZone")};
    if (price.region.empty()) throw Error(fmt::format("price file {}: Region is empty", where));
    const auto number = [&](const char* name) {
      return text(name).empty() ? std::nullopt
                                : std::optional(parse_price(text(name), where, name));
    };
    price.on_demand = number("Price");
    price.spot = number("SpotPrice");
    return price;
  }

 private:
  std::optional<std::size_t> column(const std::string& name) const {
    const auto found = std::ranges::find(columns_, name);
    if (found == columns_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns_.begin());
  }

  std::vector<std::string> columns_;
};

constexpr std::size_t kLongestLine = 1 << 16;

// False at the end of the file.
bool next_line(std::istream& file, std::string& line, const std::string& where) {
  line.clear();
  for (int c = file.get(); c != std::istream::traits_type::eof(); c = file.get()) {
    if (c == '\n') return true;
    if (c != '\r') line += static_cast<char>(c);
    if (line.size() > kLongestLine) {
      throw Error(fmt::format("price file {}: it is longer than {} bytes; is this a text file?",
                              where, kLongestLine));
    }
  }
  return !line.empty();
}

}  // namespace

std::vector<Price> read_csv_prices(std::istream& file, const std::string& where,
                                   const std::string& instance) {
  std::string line;
  next_line(file, line, where + ", line 1");
  const Catalog catalog(line, where);
  std::vector<Price> prices;
  for (std::size_t number = 2;; ++number) {
    const std::string here = fmt::format("{}, line {}", where, number);
    if (!next_line(file, line, here)) return prices;
    if (line.empty()) continue;
    const auto price = catalog.read(line, here, instance);
    if (price && (price->on_demand || price->spot)) prices.push_back(*price);
  }
}

}  // namespace forebay
