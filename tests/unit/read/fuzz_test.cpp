// Thousands of damaged files, the same in every run: each gives records or an Error.

#include <gtest/gtest.h>

#include <algorithm>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/read/reader.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

// Reads all that can be read and touches every byte given; the number of records.
std::uint64_t read_all(const ReaderOptions& options, std::uint64_t& errors) {
  std::uint64_t records = 0;
  try {
    RecordReader reader(options);
    const std::uint64_t end = reader.end();
    while (reader.position() < end) {
      try {
        const auto record = reader();
        std::uint64_t sum = static_cast<std::uint64_t>(record->labels[0] == 0);
        for (const std::byte byte : record->image) sum += std::to_integer<std::uint64_t>(byte);
        records += sum < (std::uint64_t{1} << 40) ? 1 : 0;
      } catch (const Error&) {
        ++errors;
      }
    }
  } catch (const Error&) {
    ++errors;
  }
  return records;
}

std::string damage(std::string content, Random& random) {
  for (std::uint64_t flips = random.below(4); flips > 0; --flips) {
    char& byte = content[random.below(content.size())];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
  }
  if (random.below(3) == 0) content.resize(random.below(content.size() + 1));
  if (random.below(8) == 0) content.insert(random.below(content.size() + 1), 4, '\0');
  if (random.below(8) == 0) content += content.substr(content.size() / 2);
  return content;
}

// Records of several parts and several labels too, so that every branch of the format is hit.
void write_varied(const TemporaryFolder& folder) {
  RecordWriter writer(folder / "a.rec", folder / "a.idx");
  const std::string magic = "\x0a\x23\xd7\xce";
  const std::vector<float> labels = {1, 2, 3};
  for (std::uint64_t id = 0; id < 12; ++id) {
    const std::string image = id % 3 == 0 ? magic + "abcd" + magic + magic : image_of(id);
    writer.write(id, pack(std::span(labels).first(id % 4 == 3 ? 3 : 1), id, bytes_of(image)));
  }
  writer.close();
}

// In memory of exactly their size, so that the address sanitizer sees a read beyond it.
TEST(Fuzz, DamagedRecordsAreNotReadBeyondTheirEnd) {
  Random random(7);
  const std::string magic = "\x0a\x23\xd7\xce";
  const std::vector<float> labels = {1, 2, 3};
  int good = 0;
  std::ptrdiff_t labels_seen = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> record;
    const std::string image = random.coin() ? magic + "abc" + magic + magic : "image";
    append_record(pack(std::span(labels).first(1 + random.below(3)), 5, bytes_of(image)), record);
    const std::string damaged = damage(text_of(record), random);
    const auto bytes = bytes_of(damaged);
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());
    const std::string error = error_of([&] {
      const ParsedRecord parsed = parse_record(exact);
      const std::vector<std::byte> payload(parsed.payload.begin(), parsed.payload.end());
      const ImageParts parts = unpack(payload);
      EXPECT_LE(parts.labels.size_bytes() + parts.image.size(), payload.size());
      labels_seen += std::ranges::count(parts.labels, 2.0F);
    });
    good += error.empty() ? 1 : 0;
  }
  EXPECT_GT(good, 5'000);
  EXPECT_LT(good, 15'000);
  EXPECT_GT(labels_seen, 0);
}

TEST(Fuzz, DamagedFilesGiveRecordsOrErrors) {
  const TemporaryFolder folder;
  write_varied(folder);
  const std::string data = read_file(folder / "a.rec");
  const std::string index = read_file(folder / "a.idx");
  Random random(2024);
  std::uint64_t records = 0;
  std::uint64_t errors = 0;
  for (int i = 0; i < 4000; ++i) {
    const bool indexed = random.coin();
    const bool damage_index = indexed && random.below(4) == 0;
    write_file(folder / "b.rec", damage_index ? data : damage(data, random));
    write_file(folder / "b.index", damage_index ? damage(index, random) : index);
    ReaderOptions options{.data = folder / "b.rec"};
    if (indexed) options.index = folder / "b.index";
    options.shuffle = random.coin();
    options.block_bytes = 50 + random.below(500);
    options.window = 2;
    options.end = 0;
    records += read_all(options, errors);
  }
  EXPECT_GT(records, 4000U);
  EXPECT_GT(errors, 4000U);
}

}  // namespace
}  // namespace forebay::test
