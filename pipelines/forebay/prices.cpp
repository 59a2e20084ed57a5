#include <forebay/prices.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include <common/flag_values.hpp>

namespace forebay {

double parse_price(const std::string& text, const std::string& where, const std::string& what) {
  const auto price = parse_number(text);
  if (!price || *price <= 0) {
    throw Error(fmt::format("price file {}: {} is '{}'; there should be a number above 0", where,
                            what, text.substr(0, 60)));
  }
  return *price;
}

std::string region_of(const std::string& zone) {
  static const std::regex region("[a-z]+(-[a-z]+)+-[0-9]+");
  std::smatch found;
  return std::regex_search(zone, found, region, std::regex_constants::match_continuous)
             ? found.str()
             : zone;
}

std::vector<Price> read_prices(const std::string& path, const std::string& instance) {
  if (std::filesystem::is_directory(path)) {
    throw Error(fmt::format("price file {}: it is a folder; give a file", path));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw system_error("opening the price file " + path, errno);
  char first = 0;
  file >> first;  // after spaces
  if (!file) throw Error(fmt::format("price file {}: it is empty", path));
  file.seekg(0);
  auto prices = first == '{' || first == '[' ? read_json_prices(file, path, instance)
                                             : read_csv_prices(file, path, instance);
  if (prices.empty()) {
    throw Error(fmt::format(
        "price file {}: it has no price of a {} with Linux on shared hardware; see --instance",
        path, instance));
  }
  return prices;
}

std::vector<Price> merged(const std::vector<Price>& prices) {
  std::map<std::pair<std::string, std::string>, Price> rows;
  std::map<std::string, double> on_demand;  // by region
  for (const Price& price : prices) {
    if (price.on_demand) on_demand.emplace(price.region, *price.on_demand);
    Price& row = rows.try_emplace({price.region, price.zone}, price).first->second;
    if (!row.on_demand) row.on_demand = price.on_demand;
    if (price.spot && (!row.spot || price.spot_since > row.spot_since)) {
      row.spot = price.spot;
      row.spot_since = price.spot_since;
    }
  }
  std::vector<Price> result;
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    Price& price = row->second;
    const auto next = std::next(row);
    const bool has_zones =
        price.zone.empty() && next != rows.end() && next->second.region == price.region;
    if (has_zones && !price.spot) continue;
    const auto known = on_demand.find(price.region);
    if (!price.on_demand && known != on_demand.end()) price.on_demand = known->second;
    result.push_back(std::move(price));
  }
  return result;
}

const BuiltInPrices& built_in_prices() {
  static const BuiltInPrices prices{
      "p2.16xlarge",
      "on demand Amazon's list price of 2017, the same in lists of 2026; on spot instances what "
      "one training of 50 hours cost when the p2 was new, about $80: no quotation",
      {{"us-east-1", "", 14.40, 1.60}}};
  return prices;
}

}  // namespace forebay
