#include <gtest/gtest.h>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/read/recordio.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

const std::string kMagicBytes = "\x0a\x23\xd7\xce";

std::vector<std::byte> record_of(const std::string& payload) {
  std::vector<std::byte> bytes;
  append_record(bytes_of(payload), bytes);
  return bytes;
}

// Puts the magic and other words at random places, aligned or not.
std::string random_payload(Random& random) {
  std::string payload;
  for (std::uint64_t words = random.below(12); words > 0; --words) {
    if (random.below(4) == 0) payload += static_cast<char>(random.below(256));
    payload += random.coin() ? kMagicBytes : "word";
  }
  return payload;
}

TEST(RecordIo, GivesBackAnyPayload) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string payload = random_payload(random);
    const auto bytes = record_of(payload);
    ASSERT_EQ(bytes.size() % 4, 0U);
    const ParsedRecord parsed = parse_record(bytes);
    ASSERT_EQ(text_of(parsed.payload), payload);
    ASSERT_EQ(parsed.size, bytes.size());
  }
}

TEST(RecordIo, DoesNotCopyARecordOfOnePart) {
  const auto bytes = record_of("payload");
  const ParsedRecord parsed = parse_record(bytes);
  EXPECT_EQ(parsed.payload.data(), bytes.data() + 8);
  EXPECT_TRUE(parsed.joined.empty());
}

TEST(RecordIo, NamesWhatIsWrongWithARecord) {
  auto bytes = record_of("payload!");
  const auto parse = [&] { return error_of([&] { parse_record(bytes); }); };
  bytes.resize(12);
  EXPECT_EQ(parse(), "a part of the record takes 16 bytes, but only 12 are left");
  bytes.resize(4);
  EXPECT_EQ(parse(), "a record head takes 8 bytes, but only 4 are left");

  bytes = record_of("payload!");
  bytes[0] = std::byte{0};
  EXPECT_EQ(parse(), "no record begins here (found 0xced72300, not the magic 0xced7230a)");

  bytes = record_of("payload!");
  bytes[7] = std::byte{0x60};  // kind 3: the last part of a record
  EXPECT_EQ(parse(), "the record begins with a part of kind 3");

  bytes = record_of("1234" + kMagicBytes + "5678");
  bytes[12] = std::byte{0};
  EXPECT_EQ(parse(), "no record goes on here (found 0xced72300, not the magic 0xced7230a)");
  bytes[12] = std::byte{0x0a};
  bytes[19] = std::byte{0};
  EXPECT_EQ(parse(), "the record goes on with a part of kind 0");
}

TEST(RecordIo, RefusesARecordThatIsTooLarge) {
  // Only its size is looked at before it is refused.
  const std::byte nothing{};
  const std::span<const std::byte> large(&nothing, kMaxRecordBytes + 1);
  std::vector<std::byte> out;
  EXPECT_EQ(error_of([&] { append_record(large, out); }),
            "a record of 536870912 bytes does not fit RecordIO; it takes at most 536870911");
}

TEST(ImageRecord, PutsOneLabelIntoTheHeaderAndSeveralBehindIt) {
  const std::vector<float> labels = {1.5F, -2.0F, 3.0F};
  const auto one = pack(std::span(labels).first(1), 7, bytes_of("image"));
  EXPECT_EQ(one.size(), 24U + 5);
  const ImageParts single = unpack(one);
  EXPECT_EQ(single.header.flag, 0U);
  EXPECT_EQ(single.header.label, 1.5F);
  EXPECT_EQ(single.labels.size(), 1U);
  EXPECT_EQ(single.labels[0], 1.5F);

  const auto three = pack(labels, 7, bytes_of("image"));
  EXPECT_EQ(three.size(), 24U + 12 + 5);
  const ImageParts several = unpack(three);
  EXPECT_EQ(several.header.flag, 3U);
  EXPECT_EQ(std::vector<float>(several.labels.begin(), several.labels.end()), labels);
  EXPECT_EQ(text_of(several.image), "image");
  EXPECT_EQ(several.header.id, 7U);
}

TEST(ImageRecord, NamesWhatIsWrong) {
  EXPECT_EQ(error_of([] { pack(std::span<const float>(), 3, {}); }),
            "cannot pack image 3: it has no label");
  EXPECT_EQ(error_of([] { pack({.flag = 2, .id = 3}, {}, {}); }),
            "cannot pack image 3: its header says 2 labels, 0 are given");
  const std::vector<std::byte> small(10);
  EXPECT_EQ(error_of([&] { unpack(small); }),
            "not an image record: its 10 bytes are fewer than the 24 of a header");
  std::vector<std::byte> labels = pack({.label = 1}, {}, bytes_of("1234567"));
  labels[0] = std::byte{2};
  EXPECT_EQ(error_of([&] { unpack(labels); }),
            "not an image record: 2 labels do not fit in 7 bytes");
}

}  // namespace
}  // namespace forebay::test
