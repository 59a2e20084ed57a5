// Files that MXNet 1.9.1 wrote: what we read from them, and that we write the same bytes.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/read/record_table.hpp>
#include <forebay/nodes/read/record_writer.hpp>
#include <forebay/nodes/read/recordio.hpp>
#include <nlohmann/json.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

const std::string kFolder = std::string(FOREBAY_FIXTURES) + "/read/";

nlohmann::json listing() { return nlohmann::json::parse(read_file(kFolder + "mxnet.json")); }

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// The payload of record `number`, which parse_record must take whole.
std::vector<std::byte> payload_at(const std::string& content, const RecordTable& table,
                                  std::uint32_t number) {
  const auto place = table.place(number);
  const auto record = bytes_of(content).subspan(place.begin, place.end - place.begin);
  const ParsedRecord parsed = parse_record(record);
  EXPECT_EQ(parsed.size, record.size());
  return {parsed.payload.begin(), parsed.payload.end()};
}

TEST(MxnetFiles, HoldWhatMxnetUnpacks) {
  const auto records = listing()["records"];
  const std::string content = read_file(kFolder + "mxnet.rec");
  for (const std::string index : {"", "mxnet.idx"}) {
    const RecordTable table({{kFolder + "mxnet.rec", index.empty() ? "" : kFolder + index}});
    ASSERT_EQ(table.count(), records.size());
    for (std::uint32_t i = 0; i < table.count(); ++i) {
      const auto payload = payload_at(content, table, i);
      const ImageParts parts = unpack(payload);
      EXPECT_EQ(parts.header.id, records[i]["id"].get<std::uint64_t>()) << i;
      EXPECT_EQ(parts.header.id2, records[i]["id2"].get<std::uint64_t>()) << i;
      EXPECT_EQ(parts.header.flag, records[i]["flag"].get<std::uint32_t>()) << i;
      EXPECT_EQ(std::vector<float>(parts.labels.begin(), parts.labels.end()),
                records[i]["labels"].get<std::vector<float>>())
          << i;
      EXPECT_TRUE(text_of(parts.image) == from_hex(records[i]["image"])) << i;
    }
  }
}

TEST(MxnetFiles, ComeThroughTheReaderRecordByRecord) {
  const auto records = listing()["records"];
  RecordReader reader({.data = kFolder + "mxnet.rec"});
  ASSERT_EQ(reader.count(), records.size());
  for (const auto& expected : records) {
    if (expected["labels"].size() != 1) {
      EXPECT_NE(error_of([&] { reader(); }), "");
      continue;
    }
    const auto record = reader();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->id, expected["id"].get<std::uint64_t>());
    EXPECT_EQ(record->labels[0], expected["labels"][0].get<float>());
    EXPECT_TRUE(text_of(record->image) == from_hex(expected["image"]));
  }
  EXPECT_FALSE(reader());
}

TEST(MxnetFiles, AreWhatTheWriterWritesFromTheSamePayloads) {
  const TemporaryFolder folder;
  RecordWriter writer(folder / "our.rec", folder / "our.idx");
  const auto records = listing()["records"];
  for (const auto& record : records) {
    const auto labels = record["labels"].get<std::vector<float>>();
    const auto flag = record["flag"].get<std::uint32_t>();
    const ImageHeader header{flag, flag == 0 ? labels[0] : 0, record["id"].get<std::uint64_t>(),
                             record["id2"].get<std::uint64_t>()};
    const std::span<const float> following = std::span(labels).first(flag);
    const std::string image = from_hex(record["image"]);
    writer.write(record["key"].get<std::uint64_t>(), pack(header, following, bytes_of(image)));
  }
  writer.close();
  EXPECT_TRUE(read_file(folder / "our.rec") == read_file(kFolder + "mxnet.rec"));
  EXPECT_EQ(read_file(folder / "our.idx"), read_file(kFolder + "mxnet.idx"));
}

TEST(MxnetFiles, CarryAnyPayload) {
  const TemporaryFolder folder;
  const auto payloads = listing()["raw"];
  RecordWriter writer(folder / "our.rec");
  for (const auto& payload : payloads) writer.write(0, bytes_of(from_hex(payload)));
  writer.close();
  const std::string content = read_file(kFolder + "raw.rec");
  EXPECT_TRUE(read_file(folder / "our.rec") == content);

  const RecordTable table({{kFolder + "raw.rec", ""}});
  ASSERT_EQ(table.count(), payloads.size());
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    EXPECT_EQ(text_of(payload_at(content, table, i)), from_hex(payloads[i])) << i;
  }
}

TEST(MxnetFiles, HaveTheIndexThatAScanFinds) {
  const auto offsets = scan_records(File(kFolder + "mxnet.rec"));
  std::vector<IndexEntry> entries;
  for (const std::uint64_t offset : offsets) entries.push_back({entries.size(), offset});
  EXPECT_EQ(read_index(kFolder + "mxnet.idx"), entries);
}

}  // namespace
}  // namespace forebay::test
