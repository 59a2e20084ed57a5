// Amazon's prices in JSON: spot prices, a price list file, and what get-products prints of one.
//
//     {"SpotPriceHistory": [{"InstanceType", "AvailabilityZone", "SpotPrice", "Timestamp", ...}]}
//     {"products": {SKU: {"attributes": {...}}},
//      "terms": {"OnDemand": {SKU: {OFFER: {"priceDimensions": {RATE: {"unit",
//      "pricePerUnit"}}}}}}}
//     {"PriceList": ["{\"product\": {\"attributes\": ...}, \"terms\": {\"OnDemand\": {OFFER: ..."]}

#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <common/flag_values.hpp>
#include <forebay/json_walk.hpp>
#include <forebay/prices.hpp>

namespace forebay {
namespace {

using Texts = std::map<std::string, std::string>;

std::string text_of(const Texts& texts, const std::string& name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::string() : found->second;
}

// Prices of one file, or of one entry of a "PriceList", which has no SKU around its parts.
class AmazonPrices : public JsonWalk {
 public:
  enum class Of : std::size_t { kEntry = 0, kFile = 1 };  // levels for the SKU

  AmazonPrices(std::string where, std::string instance, Of of)
      : where_(std::move(where)), instance_(std::move(instance)), sku_(std::size_t(of)) {}

  bool known_format() const { return known_format_; }
  bool needs_another_pass() const { return terms_before_products_; }
  std::vector<Price>& prices() { return prices_; }

 protected:
  void value(const std::string& text) override {
    known_format_ = known_format_ || key(0) == kSpot || key(0) == kProducts[sku_];
    if (key(0) == kProducts[sku_] && depth() == sku_ + 3 && key(sku_ + 1) == "attributes") {
      object_[key(sku_ + 2)] = text;
    } else if (key(0) == kSpot && depth() == 3) {
      object_[key(2)] = text;
    } else if (in_rate() && depth() == sku_ + 6 && key(sku_ + 5) == "unit") {
      object_["unit"] = text;
    } else if (in_rate() && depth() == sku_ + 7 && key(sku_ + 6) == "USD") {
      object_["USD"] = text;
    } else if (key(0) == kEntries && depth() == 2) {
      read_entry(text);
    }
  }

  void closed() override {
    if (depth() == sku_ + 1 && key(0) == kProducts[sku_]) {
      end_product();
    } else if (depth() == 2 && key(0) == kSpot) {
      end_spot_price();
    } else if (depth() == sku_ + 5 && in_rate()) {
      end_rate();
    } else if (depth() == 1 && key(0) == "terms") {
      terms_before_products_ = !products_seen_;
    }
  }

 private:
  static constexpr std::string_view kSpot = "SpotPriceHistory", kEntries = "PriceList";
  static constexpr std::string_view kProducts[] = {"product", "products"};

  bool in_rate() const {
    return depth() >= sku_ + 5 && key(0) == "terms" && key(1) == "OnDemand" &&
           key(sku_ + 3) == "priceDimensions";
  }

  [[noreturn]] void refuse(const std::string& entry, const std::string& what) const {
    throw Error(fmt::format("price file {}, {}: {}", where_, entry, what));
  }

  // Linux on shared hardware, paid for while it runs; many more products have the same instance.
  bool wanted(const Texts& attributes) const {
    const auto is = [&](const char* name, std::string_view value) {
      const std::string text = text_of(attributes, name);
      return text.empty() || text == value;
    };
    return text_of(attributes, "instanceType") == instance_ && is("operatingSystem", "Linux") &&
           is("tenancy", "Shared") && is("preInstalledSw", "NA") && is("capacitystatus", "Used");
  }

  void end_product() {
    const Texts attributes = std::exchange(object_, {});
    products_seen_ = true;
    if (!wanted(attributes)) return;
    const std::string code = text_of(attributes, "regionCode");
    const std::string region = code.empty() ? text_of(attributes, "location") : code;
    if (region.empty()) refuse(entry("product", 1), "it has no regionCode");
    regions_[sku_ > 0 ? key(1) : ""] = region;
  }

  void end_rate() {
    const Texts rate = std::exchange(object_, {});
    const auto region = regions_.find(sku_ > 0 ? key(2) : "");
    if (region == regions_.end() || text_of(rate, "unit") != "Hrs" || !rate.contains("USD")) return;
    if (parse_number(text_of(rate, "USD")) == 0) return;  // included in something else
    const std::string where = where_ + ", " + entry("the price of", 2);
    const auto price = parse_price(text_of(rate, "USD"), where, "USD");
    prices_.push_back({.region = region->second, .on_demand = price});
  }

  std::string entry(std::string_view what, std::size_t level) const {
    return sku_ > 0 ? fmt::format("{} {}", what, key(level)) : std::string(what);
  }

  void end_spot_price() {
    const Texts price = std::exchange(object_, {});
    const std::string entry = fmt::format("SpotPriceHistory[{}]", index(1));
    for (const char* name : {"InstanceType", "AvailabilityZone", "SpotPrice"}) {
      if (!price.contains(name)) refuse(entry, fmt::format("{} is missing", name));
    }
    const double dollars =
        parse_price(text_of(price, "SpotPrice"), where_ + ", " + entry, "SpotPrice");
    const std::string system = text_of(price, "ProductDescription");
    if (text_of(price, "InstanceType") != instance_) return;
    if (!system.empty() && !system.starts_with("Linux/UNIX")) return;
    const std::string zone = text_of(price, "AvailabilityZone");
    prices_.push_back({.region = region_of(zone),
                       .zone = zone,
                       .spot = dollars,
                       .spot_since = text_of(price, "Timestamp")});
  }

  void read_entry(const std::string& text) {
    known_format_ = true;
    const std::string where = fmt::format("{}, PriceList[{}]", where_, index(1));
    std::istringstream json(text);
    AmazonPrices one(where, instance_, Of::kEntry);
    one.walk(json, "price file " + where);
    if (one.needs_another_pass()) {
      json = std::istringstream(text);
      one.walk(json, "price file " + where);
    }
    for (Price& price : one.prices()) prices_.push_back(std::move(price));
  }

  std::string where_, instance_;
  std::size_t sku_;
  Texts object_;                                // what is read now
  std::map<std::string, std::string> regions_;  // of wanted products, by SKU
  bool known_format_ = false, products_seen_ = false, terms_before_products_ = false;
  std::vector<Price> prices_;
};

}  // namespace

std::vector<Price> read_json_prices(std::istream& file, const std::string& where,
                                    const std::string& instance) {
  AmazonPrices prices(where, instance, AmazonPrices::Of::kFile);
  prices.walk(file, "price file " + where);
  if (prices.needs_another_pass()) {
    file.clear();
    file.seekg(0);
    prices.walk(file, "price file " + where);
  }
  if (!prices.known_format()) {
    throw Error(fmt::format(
        "price file {}: it has none of SpotPriceHistory, PriceList and products; give what aws ec2 "
        "describe-spot-price-history or aws pricing get-products prints, or a price list file",
        where));
  }
  return std::move(prices.prices());
}

}  // namespace forebay
