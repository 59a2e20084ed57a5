#pragma once

// What machines cost, from files that others have written. Nothing is fetched.

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>

namespace forebay {

/// Of one kind of machine in one place; dollars an hour. Prices that are not known are unset.
struct Price {
  std::string region = {};  // "us-east-1"
  std::string zone = {};    // "us-east-1a"; empty: anywhere in the region
  std::optional<double> on_demand = {}, spot = {};
  std::string spot_since = {};  // as the file says, "2026-11-24T08:15:02+00:00"; empty: not known
};

/// All prices for `instance` ("p2.16xlarge") running Linux on shared hardware, in the order of the
/// file: what `aws ec2 describe-spot-price-history` or `aws pricing get-products` print, a price
/// list file of Amazon EC2, or a catalog of SkyPilot's. Files of any size are read in little
/// memory. Throws `Error` that names file, entry and what is wrong with it.
std::vector<Price> read_prices(const std::string& path, const std::string& instance);

/// One price list or spot price history in JSON, and one catalog in CSV: `read_prices` for each.
/// `where` names the file in errors. A price list that has its prices before its products is read
/// twice, so `file` must be at its beginning and able to go back there.
std::vector<Price> read_json_prices(std::istream& file, const std::string& where,
                                    const std::string& instance);
std::vector<Price> read_csv_prices(std::istream& file, const std::string& where,
                                   const std::string& instance);

/// One row for each zone, and for each region without zones; by region, then zone. A region's
/// on-demand price is that of its zones; of several spot prices the newest counts, of prices
/// without a time the first.
std::vector<Price> merged(const std::vector<Price>& prices);

/// "us-east-1a" -> "us-east-1"; local zones too, "us-west-2-lax-1a" -> "us-west-2".
std::string region_of(const std::string& zone);

/// A price above 0, or as `what` in `where` throws `Error`.
double parse_price(const std::string& text, const std::string& where, const std::string& what);

/// The prices that are built in, and where they are from.
struct BuiltInPrices {
  std::string instance, source;
  std::vector<Price> prices;
};
const BuiltInPrices& built_in_prices();

}  // namespace forebay
