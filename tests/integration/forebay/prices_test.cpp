// Price files as others write them, and broken ones.

#include <forebay/prices.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace forebay {
namespace {

using test::error_of;
using test::TemporaryFolder;

std::vector<Price> json_prices(const std::string& text, const std::string& instance = "p9.large") {
  std::istringstream file(text);
  return read_json_prices(file, "prices.json", instance);
}

std::vector<Price> csv_prices(const std::string& text, const std::string& instance = "p9.large") {
  std::istringstream file(text);
  return read_csv_prices(file, "vms.csv", instance);
}

// "region zone on-demand spot", unknown prices as 0.
std::vector<std::string> lines_of(const std::vector<Price>& prices) {
  std::vector<std::string> lines;
  for (const Price& price : prices) {
    std::ostringstream line;
    line << price.region << ' ' << price.zone << ' ' << price.on_demand.value_or(0) << ' '
         << price.spot.value_or(0);
    lines.push_back(line.str());
  }
  return lines;
}

using Lines = std::vector<std::string>;

std::string spot_entry(const std::string& zone, const std::string& price, const std::string& time,
                       const std::string& system = "Linux/UNIX",
                       const std::string& instance = "p9.large") {
  return R"({"AvailabilityZone": ")" + zone + R"(", "InstanceType": ")" + instance +
         R"(", "ProductDescription": ")" + system + R"(", "SpotPrice": ")" + price +
         R"(", "Timestamp": ")" + time + R"("})";
}

std::string spot_history(const std::string& entries) {
  return R"({"NextToken": "", "SpotPriceHistory": [)" + entries + "]}";
}

std::string product(const std::string& sku, const std::string& region,
                    const std::string& more = R"("operatingSystem": "Linux")") {
  return R"(")" + sku + R"(": {"sku": ")" + sku +
         R"(", "productFamily": "Compute Instance", "attributes": {"instanceType": "p9.large",
         "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used", "regionCode": ")" +
         region + R"(", )" + more + "}}";
}

std::string offer(const std::string& sku, const std::string& price,
                  const std::string& unit = "Hrs") {
  return R"(")" + sku + R"(.JRTC": {"offerTermCode": "JRTC", "sku": ")" + sku +
         R"(", "priceDimensions": {")" + sku + R"(.JRTC.6YS6": {"unit": ")" + unit +
         R"(", "endRange": "Inf", "appliesTo": [], "pricePerUnit": {"USD": ")" + price +
         R"("}}}, "termAttributes": {}})";
}

std::string term(const std::string& sku, const std::string& price,
                 const std::string& unit = "Hrs") {
  return R"(")" + sku + R"(": {)" + offer(sku, price, unit) + "}";
}

TEST(SpotPricesTest, AreThoseOfTheInstanceOnLinuxByZone) {
  const auto prices = json_prices(spot_history(
      spot_entry("us-east-1a", "1.600000", "2026-11-24T08:00:00+00:00") + "," +
      spot_entry("us-east-1b", "2.5", "2026-11-24T07:00:00+00:00", "Linux/UNIX (Amazon VPC)") +
      "," + spot_entry("us-east-1c", "9", "2026-11-24T07:00:00+00:00", "Windows") + "," +
      spot_entry("us-east-1d", "9", "2026-11-24T07:00:00+00:00", "Linux/UNIX", "p9.small")));
  EXPECT_EQ(lines_of(prices), (Lines{"us-east-1 us-east-1a 0 1.6", "us-east-1 us-east-1b 0 2.5"}));
}

TEST(SpotPricesTest, OfOneZoneTheNewestCounts) {
  const auto prices =
      json_prices(spot_history(spot_entry("us-east-1a", "2.0", "2026-11-23T08:00:00+00:00") + "," +
                               spot_entry("us-east-1a", "1.5", "2026-11-24T08:00:00+00:00") + "," +
                               spot_entry("us-east-1a", "3.0", "2026-11-22T08:00:00+00:00")));
  EXPECT_EQ(lines_of(merged(prices)), (Lines{"us-east-1 us-east-1a 0 1.5"}));
}

TEST(SpotPricesTest, RefuseAnEntryByItsNumber) {
  const std::string good = spot_entry("us-east-1a", "1.6", "2026-11-24T08:00:00+00:00");
  EXPECT_EQ(error_of([&] {
              json_prices(spot_history(good + "," + spot_entry("us-east-1b", "cheap", "")));
            }),
            "price file prices.json, SpotPriceHistory[1]: SpotPrice is 'cheap'; there should be a "
            "number above 0");
  EXPECT_EQ(error_of([&] {
              json_prices(spot_history(R"({"InstanceType": "p9.large", "SpotPrice": "1"})"));
            }),
            "price file prices.json, SpotPriceHistory[0]: AvailabilityZone is missing");
  EXPECT_EQ(error_of([&] { json_prices(spot_history(spot_entry("us-east-1b", "-1", ""))); }),
            "price file prices.json, SpotPriceHistory[0]: SpotPrice is '-1'; there should be a "
            "number above 0");
}

TEST(PriceListTest, GivesTheHoursOnDemandOfSharedLinuxMachines) {
  const auto prices =
      json_prices(R"({"formatVersion": "v1.0", "offerCode": "AmazonEC2", "products": {)" +
                  product("AAAA", "us-east-1") + "," + product("BBBB", "eu-west-1") + "," +
                  product("CCCC", "us-east-1", R"("operatingSystem": "Windows")") +
                  R"(}, "terms": {"OnDemand": {)" + term("AAAA", "14.4000000000") + "," +
                  term("BBBB", "15.5520000000") + "," + term("CCCC", "20") + R"(}, "Reserved": {)" +
                  term("AAAA", "7") + "," + term("BBBB", "60000", "Quantity") + "}}}");
  EXPECT_EQ(lines_of(merged(prices)), (Lines{"eu-west-1  15.552 0", "us-east-1  14.4 0"}));
}

TEST(PriceListTest, IsReadTwiceWhereThePricesComeFirst) {
  const auto prices = json_prices(R"({"terms": {"OnDemand": {)" + term("AAAA", "14.4") +
                                  R"(}}, "products": {)" + product("AAAA", "us-east-1") + "}}");
  EXPECT_EQ(lines_of(prices), (Lines{"us-east-1  14.4 0"}));
}

TEST(PriceListTest, IsReadAsGetProductsPrintsIt) {
  const std::string text = product("AAAA", "us-east-1");
  std::string entry = R"({"product": )" + text.substr(text.find(": ") + 2) +
                      R"(, "serviceCode": "AmazonEC2", "terms": {"OnDemand": {)" +
                      offer("AAAA", "14.4") + "}}}";
  std::string quoted;
  for (const char c : entry) {
    if (c == '"') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  EXPECT_EQ(
      lines_of(json_prices(R"({"FormatVersion": "aws_v1", "PriceList": [")" + quoted + R"("]})")),
      (Lines{"us-east-1  14.4 0"}));
}

TEST(PriceListTest, RefusesAPriceByItsProduct) {
  EXPECT_EQ(error_of([] {
              json_prices(R"({"products": {)" + product("AAAA", "us-east-1") +
                          R"(}, "terms": {"OnDemand": {)" + term("AAAA", "free") + "}}}");
            }),
            "price file prices.json, the price of AAAA: USD is 'free'; there should be a number "
            "above 0");
  EXPECT_EQ(error_of([] { json_prices(R"({"PriceList": ["{\"product\": 5"]})"); }),
            "price file prices.json, PriceList[0], line 1, column 14: it is not JSON; the file has "
            "been cut off there");
}

TEST(JsonPricesTest, SayWhereAFileIsNoJsonOrCutOff) {
  EXPECT_EQ(error_of([] { json_prices("{\n\"SpotPriceHistory\": [\n{]}"); }),
            "price file prices.json, line 3, column 2: it is not JSON");
  EXPECT_EQ(error_of([] { json_prices("{\"SpotPriceHistory\": [\n"); }),
            "price file prices.json, line 2, column 1: it is not JSON; the file has been cut off "
            "there");
  EXPECT_EQ(error_of([] { json_prices("{\"SpotPriceHistory\": [\n{\"Spo"); }),
            "price file prices.json, line 2, column 6: it is not JSON; the file has been cut off "
            "there");
  EXPECT_EQ(error_of([] { json_prices(std::string(100, '[')); }),
            "price file prices.json, it is nested more than 64 deep");
}

TEST(JsonPricesTest, RefuseAFileWithoutPrices) {
  EXPECT_EQ(error_of([] { json_prices(R"({"Reservations": [{"a": 1}]})"); }),
            "price file prices.json: it has none of SpotPriceHistory, PriceList and products; give "
            "what aws ec2 describe-spot-price-history or aws pricing get-products prints, or a "
            "price list file");
}

constexpr const char* kHeader =
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,"
    "AvailabilityZone\n";

TEST(CatalogTest, IsReadByColumnNamesWithQuotedFields) {
  const auto prices = csv_prices(std::string(kHeader) +
                                 "p9.large,K80,16.0,64.0,732.0,\"{'Gpus': [{'Name': 'K80', "
                                 "'Count': 16}], \"\"x\"\"\",14.4,4.32,"
                                 "us-east-1,us-east-1a\r\n"
                                 "p9.large,K80,16.0,64.0,732.0,K80,14.4,,us-east-1,us-east-1b\n"
                                 "p9.small,K80,1.0,4.0,61.0,K80,0.9,0.27,us-east-1,us-east-1a\n"
                                 "\n"
                                 "p9.large,K80,16.0,64.0,732.0,K80,15.5,5,eu-west-1,eu-west-1a");
  EXPECT_EQ(lines_of(prices),
            (Lines{"us-east-1 us-east-1a 14.4 4.32", "us-east-1 us-east-1b 14.4 0",
                   "eu-west-1 eu-west-1a 15.5 5"}));
}

TEST(CatalogTest, RefusesALineByItsNumber) {
  EXPECT_EQ(error_of([] { csv_prices(std::string(kHeader) + "p9.large,K80\n"); }),
            "price file vms.csv, line 2: there are 2 fields, but line 1 names 10 columns");
  EXPECT_EQ(error_of([] { csv_prices(std::string(kHeader) + "\n\"p9.large,K80\n"); }),
            "price file vms.csv, line 3: a quote does not end there");
  EXPECT_EQ(error_of([] {
              csv_prices(std::string(kHeader) + "p9.large,,,,,,many,1,us-east-1,us-east-1a\n");
            }),
            "price file vms.csv, line 2: Price is 'many'; there should be a number above 0");
  EXPECT_EQ(error_of([] { csv_prices(std::string(kHeader) + "p9.large,,,,,,1,1,,us-east-1a\n"); }),
            "price file vms.csv, line 2: Region is empty");
  EXPECT_EQ(error_of([] { csv_prices("Name,Price\n"); }),
            "price file vms.csv, line 1: there is no column InstanceType; give a SkyPilot catalog "
            "(vms.csv), or JSON of aws ec2 describe-spot-price-history or of the AWS price list");
  EXPECT_EQ(error_of([] { csv_prices(std::string(1 << 17, 'x')); }),
            "price file vms.csv, line 1: it is longer than 65536 bytes; is this a text file?");
}

TEST(PricesTest, KnowTheRegionOfAZone) {
  EXPECT_EQ(region_of("us-east-1a"), "us-east-1");
  EXPECT_EQ(region_of("ap-southeast-2c"), "ap-southeast-2");
  EXPECT_EQ(region_of("us-gov-west-1b"), "us-gov-west-1");
  EXPECT_EQ(region_of("us-west-2-lax-1a"), "us-west-2");
  EXPECT_EQ(region_of("somewhere"), "somewhere");
}

TEST(PricesTest, OfARegionHoldInItsZones) {
  const std::vector<Price> prices{{"us-east-1", "us-east-1b", {}, 2.0},
                                  {"us-east-1", "", 14.4, {}},
                                  {"eu-west-1", "", 15.5, {}},
                                  {"us-east-1", "us-east-1a", {}, 1.5}};
  EXPECT_EQ(lines_of(merged(prices)), (Lines{"eu-west-1  15.5 0", "us-east-1 us-east-1a 14.4 1.5",
                                             "us-east-1 us-east-1b 14.4 2"}));
}

class PriceFileTest : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(folder_ / "prices") << text;
    return folder_ / "prices";
  }
  TemporaryFolder folder_;
};

TEST_F(PriceFileTest, IsToldApartByItsContent) {
  const std::string json =
      write("\n " + spot_history(spot_entry("us-east-1a", "1.6", "2026-11-24T08:00:00+00:00")));
  EXPECT_EQ(lines_of(read_prices(json, "p9.large")), (Lines{"us-east-1 us-east-1a 0 1.6"}));
  const std::string csv = write(std::string(kHeader) + "p9.large,,,,,,1,,us-east-1,\n");
  EXPECT_EQ(lines_of(read_prices(csv, "p9.large")), (Lines{"us-east-1  1 0"}));
}

TEST_F(PriceFileTest, IsRefusedWhereItCannotHelp) {
  const std::string file = write(std::string(kHeader) + "p9.large,,,,,,1,,us-east-1,\n");
  EXPECT_EQ(error_of([&] { read_prices(file, "p8.large"); }),
            "price file " + file +
                ": it has no price of a p8.large with Linux on shared hardware; see --instance");
  EXPECT_EQ(error_of([&] { read_prices(write(" \n"), "p9.large"); }),
            "price file " + file + ": it is empty");
  EXPECT_EQ(error_of([&] { read_prices(folder_.path(), "p9.large"); }),
            "price file " + folder_.path() + ": it is a folder; give a file");
  EXPECT_NE(error_of([&] { read_prices(folder_ / "none", "p9.large"); }).find("No such file"),
            std::string::npos);
}

}  // namespace
}  // namespace forebay
