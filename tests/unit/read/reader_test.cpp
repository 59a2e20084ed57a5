#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/read/reader.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

// Small enough that even small files have several blocks.
constexpr std::uint64_t kSmallBlock = 600;

struct Mode {
  const char* name;
  bool shuffle;
  ShuffleBy by;
};

constexpr Mode kModes[] = {{"in order", false, ShuffleBy::kAuto},
                           {"by records", true, ShuffleBy::kRecords},
                           {"by blocks", true, ShuffleBy::kBlocks}};

ReaderOptions options_of(const std::string& data, const Mode& mode) {
  ReaderOptions options{.data = data};
  options.shuffle = mode.shuffle;
  options.shuffle_by = mode.by;
  options.seed = 5;
  options.block_bytes = kSmallBlock;
  options.window = 3;
  return options;
}

// Reads to the end; checks each record's content, which follows from its id.
std::vector<std::uint64_t> ids_of(RecordReader& reader) {
  std::vector<std::uint64_t> ids;
  while (const auto record = reader()) {
    EXPECT_EQ(text_of(record->image), image_of(record->id));
    EXPECT_EQ(record->labels.size(), 1U);
    EXPECT_EQ(record->labels[0], static_cast<float>(record->id % 10));
    ids.push_back(record->id);
  }
  return ids;
}

std::vector<std::uint64_t> ids_of(const ReaderOptions& options) {
  RecordReader reader(options);
  return ids_of(reader);
}

std::vector<std::uint64_t> first_ids(std::uint64_t count) {
  std::vector<std::uint64_t> ids(count);
  std::iota(ids.begin(), ids.end(), 0U);
  return ids;
}

TEST(Reader, GivesTheFileInOrder) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 50, WithIndex::kNo);
  RecordReader reader({.data = folder / "a.rec"});
  EXPECT_EQ(reader.count(), 50U);
  EXPECT_EQ(reader.describe(), (folder / "a.rec") + ": 50 records, in order");
  for (std::uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(reader.position(), i);
    const auto record = reader();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->id, i);
    EXPECT_EQ(record->number, i);
    EXPECT_EQ(record->position, i);
    EXPECT_EQ(describe(*record), (folder / "a.rec") + ", record " + std::to_string(i) + " (id " +
                                     std::to_string(i) + ")");
  }
  EXPECT_FALSE(reader());
  EXPECT_FALSE(reader());
  EXPECT_EQ(reader.stats().reads, 1U);
}

TEST(Reader, GivesEveryRecordOncePerPassOverAllParts) {
  const TemporaryFolder folder;
  for (const std::uint64_t records : {1, 2, 7, 40, 101}) {
    const std::string path = folder / std::to_string(records) + ".rec";
    write_records(path, records, WithIndex::kYes);
    for (const Mode& mode : kModes) {
      for (const std::uint32_t parts : {1U, 2U, 3U, 7U}) {
        if (parts > records) continue;
        for (std::uint64_t pass = 0; pass < 3; ++pass) {
          std::vector<std::uint64_t> ids;
          for (std::uint32_t part = 0; part < parts; ++part) {
            ReaderOptions options = options_of(path, mode);
            options.seed = records * 3 + parts;
            options.part = part;
            options.parts = parts;
            RecordReader reader(options);
            EXPECT_EQ(reader.total(), records);
            reader.seek(pass * reader.count());
            const auto of_part = ids_of(reader);
            EXPECT_EQ(of_part.size(), reader.count());
            ids.insert(ids.end(), of_part.begin(), of_part.end());
          }
          std::ranges::sort(ids);
          EXPECT_EQ(ids, first_ids(records)) << mode.name << ", " << parts << " parts";
        }
      }
    }
  }
}

TEST(Reader, HasAnotherOrderInEveryPassAndTheSameInEveryRun) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 100, WithIndex::kYes);
  for (const Mode& mode : {kModes[1], kModes[2]}) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.end = 10 * 100;
    const auto ids = ids_of(options);
    EXPECT_EQ(ids, ids_of(options));
    std::set<std::vector<std::uint64_t>> passes;
    for (int pass = 0; pass < 10; ++pass) {
      passes.insert({ids.begin() + pass * 100, ids.begin() + pass * 100 + 100});
    }
    EXPECT_EQ(passes.size(), 10U) << mode.name;
    options.seed = 6;
    EXPECT_NE(ids, ids_of(options));
  }
}

TEST(Reader, MovesRecordsBetweenPartsFromPassToPass) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 200, WithIndex::kYes);
  for (const Mode& mode : {kModes[1], kModes[2]}) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.parts = 2;
    options.end = 4 * 100;
    const auto ids = ids_of(options);
    std::set<std::set<std::uint64_t>> sets;
    for (int pass = 0; pass < 4; ++pass) {
      sets.insert({ids.begin() + pass * 100, ids.begin() + pass * 100 + 100});
    }
    EXPECT_EQ(sets.size(), 4U) << mode.name;
  }
}

TEST(Reader, GoesOnFromAnyPosition) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 61, WithIndex::kYes);
  for (const Mode& mode : kModes) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.part = 1;
    options.parts = 2;
    options.end = 3 * 31;
    const auto whole = ids_of(options);
    ASSERT_EQ(whole.size(), 93U);
    for (std::uint64_t begin = 0; begin <= whole.size(); ++begin) {
      options.begin = begin;
      const auto rest = ids_of(options);
      EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.begin() + static_cast<long>(begin),
                             whole.end()))
          << mode.name << " from " << begin;
    }
  }
}

TEST(Reader, SeeksForwardAndBack) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 61, WithIndex::kYes);
  Random random(3);
  for (const Mode& mode : kModes) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.end = 3 * 61;
    const auto whole = ids_of(options);
    RecordReader reader(options);
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t begin = random.below(whole.size());
      const std::uint64_t end = begin + random.below(whole.size() - begin) + 1;
      reader.seek(begin, end);
      const std::vector<std::uint64_t> expected(whole.begin() + static_cast<long>(begin),
                                                whole.begin() + static_cast<long>(end));
      EXPECT_EQ(ids_of(reader), expected);
      EXPECT_EQ(reader.position(), end);
    }
  }
}

TEST(Reader, EndsWithThePassUnlessToldOtherwise) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 10, WithIndex::kNo);
  const ReaderOptions options{.data = folder / "a.rec"};
  RecordReader reader(options);
  EXPECT_EQ(reader.end(), 10U);
  reader.seek(9);
  EXPECT_EQ(reader.end(), 10U);
  reader.seek(10);
  EXPECT_EQ(reader.end(), 20U);
  reader.seek(3, 3);
  EXPECT_FALSE(reader());
  reader.seek(RecordReader::kForever - 5, RecordReader::kForever);
  EXPECT_TRUE(reader());
}

TEST(Reader, ReadsInOrderWithLargeReads) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 1000, WithIndex::kYes);
  const auto size = std::filesystem::file_size(folder / "a.rec");
  ReaderOptions options = options_of(folder / "a.rec", kModes[0]);
  options.block_bytes = size / 10;
  RecordReader reader(options);
  ids_of(reader);
  EXPECT_LE(reader.stats().reads, 11U);
  EXPECT_EQ(reader.stats().bytes, size);
}

TEST(Reader, ReadsEachBlockOfABlockShuffleOnce) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 2000, WithIndex::kNo);
  const auto size = std::filesystem::file_size(folder / "a.rec");
  RecordReader reader(options_of(folder / "a.rec", kModes[2]));
  const auto ids = ids_of(reader);
  EXPECT_EQ(reader.stats().bytes, size);
  EXPECT_LT(reader.stats().reads, size / kSmallBlock * 5 / 4);
  EXPECT_FALSE(std::ranges::is_sorted(ids));
  reader.seek(0);
  EXPECT_EQ(ids_of(reader), ids);
  EXPECT_EQ(reader.stats().bytes, size * 2);
}

TEST(Reader, ShufflesByRecordsWithAnIndexAndByBlocksWithout) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 100, WithIndex::kYes);
  ReaderOptions options = options_of(folder / "a.rec", {"", true, ShuffleBy::kAuto});
  EXPECT_EQ(ids_of(options), ids_of(options_of(folder / "a.rec", kModes[1])));
  EXPECT_EQ(RecordReader(options).describe(), (folder / "a.rec") + ": 100 records, shuffled");
  std::filesystem::rename(folder / "a.idx", folder / "elsewhere.idx");
  EXPECT_EQ(ids_of(options), ids_of(options_of(folder / "a.rec", kModes[2])));
  options.parts = 3;
  EXPECT_EQ(RecordReader(options).describe(),
            (folder / "a.rec") + ": 100 records, shuffled in 10 blocks; part 0 of 3 has 33");
  options.index = folder / "elsewhere.idx";
  EXPECT_EQ(RecordReader(options).describe(),
            (folder / "a.rec") + ": 100 records, shuffled; part 0 of 3 has 33");
}

TEST(Reader, HoldsOneBlockWhenRecordsAreDroppedInOrder) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 2000, WithIndex::kYes);
  const std::map<std::string, std::size_t> most = {
      {"in order", 1}, {"by records", 1}, {"by blocks", 3 + 1}};
  for (const Mode& mode : kModes) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.end = 5 * 2000;
    RecordReader reader(options);
    std::size_t in_use = 0;
    while (reader()) in_use = std::max(in_use, reader.stats().blocks_in_use);
    EXPECT_LE(in_use, most.at(mode.name)) << mode.name;
    EXPECT_LE(reader.stats().blocks_allocated, most.at(mode.name)) << mode.name;
  }
}

// A graph holds some records at a time: as many blocks as those lie in, no more with every pass.
TEST(Reader, HoldsTheBlocksThatRecordsStillUse) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 2000, WithIndex::kYes);
  for (const Mode& mode : kModes) {
    ReaderOptions options = options_of(folder / "a.rec", mode);
    options.end = 5 * 2000;
    RecordReader reader(options);
    std::vector<std::optional<Record>> held(50);
    std::size_t after_first_pass = 0;
    for (std::uint64_t i = 0; auto record = reader(); ++i) {
      held[i % held.size()] = std::move(record);
      if (i == 1999) after_first_pass = reader.stats().blocks_allocated;
    }
    EXPECT_LE(reader.stats().blocks_allocated, after_first_pass + 2) << mode.name;
    for (const auto& record : held) EXPECT_EQ(text_of(record->image), image_of(record->id));
    held.clear();
    EXPECT_LE(reader.stats().blocks_in_use, 4U) << mode.name;
  }
}

TEST(Reader, CopiesOnlyRecordsOfSeveralParts) {
  const TemporaryFolder folder;
  const std::string magic = "\x0a\x23\xd7\xce";
  const float label = 3;
  RecordWriter writer(folder / "a.rec");
  writer.write(0, pack(std::span(&label, 1), 0, bytes_of(magic + "abc" + magic)));
  writer.write(1, pack(std::span(&label, 1), 1, bytes_of("1234" + magic)));
  writer.close();
  RecordReader reader({.data = folder / "a.rec"});
  const auto first = reader();
  const auto second = reader();
  EXPECT_EQ(text_of(first->image), magic + "abc" + magic);
  EXPECT_EQ(text_of(second->image), "1234" + magic);
  EXPECT_EQ(second->labels[0], 3.0F);
}

TEST(Reader, ReadsSeveralFilesAsOne) {
  const TemporaryFolder folder;
  write_records(folder / "data/b.rec", 30, WithIndex::kYes, 20);
  write_records(folder / "data/a.rec", 20, WithIndex::kYes, 0);
  write_records(folder / "c.rec", 15, WithIndex::kNo, 50);
  write_file(folder / "data/readme.txt", "not data");
  for (const Mode& mode : kModes) {
    auto ids = ids_of(options_of((folder / "data") + ";" + (folder / "c.rec"), mode));
    if (mode.shuffle) {
      EXPECT_FALSE(std::ranges::is_sorted(ids));
      std::ranges::sort(ids);
    }
    EXPECT_EQ(ids, first_ids(65)) << mode.name;
  }
  RecordReader reader({.data = folder / "data", .begin = 21});
  EXPECT_EQ(describe(*reader()), (folder / "data/b.rec") + ", record 1 (id 21)");
}

TEST(Reader, ReadsMoreFilesThanItKeepsOpen) {
  const TemporaryFolder folder;
  for (std::uint64_t i = 0; i < 300; ++i) {
    write_records(folder / ("data/" + std::to_string(i + 1000) + ".rec"), 3, WithIndex::kNo, i * 3);
  }
  for (const Mode& mode : kModes) {
    auto ids = ids_of(options_of(folder / "data", mode));
    std::ranges::sort(ids);
    EXPECT_EQ(ids, first_ids(900)) << mode.name;
  }
}

TEST(Reader, ReadsVectorsOfLabels) {
  const TemporaryFolder folder;
  const std::vector<float> labels = {1.5F, 2.5F, -1.0F};
  RecordWriter writer(folder / "a.rec");
  writer.write(0, pack(labels, 9, bytes_of("image")));
  writer.close();
  RecordReader reader({.data = folder / "a.rec", .label_width = 3});
  const auto record = reader();
  EXPECT_EQ(std::vector<float>(record->labels.begin(), record->labels.end()), labels);
  EXPECT_EQ(text_of(record->image), "image");
}

TEST(Reader, ReadsImageFoldersWithAClassPerFolder) {
  const TemporaryFolder folder;
  write_file(folder / "cat/1.jpg", "cat one");
  write_file(folder / "cat/2.jpg", "");  // decoding reports it
  write_file(folder / "dog/1.png", "dog one");
  RecordReader reader({.data = folder.path()});
  EXPECT_EQ(reader.count(), 3U);
  EXPECT_EQ(reader.describe(), folder.path() + ": 3 images, in order");
  const auto cat = reader();
  EXPECT_EQ(text_of(cat->image), "cat one");
  EXPECT_EQ(cat->labels[0], 0.0F);
  EXPECT_EQ(describe(*cat), folder / "cat/1.jpg");
  const auto empty = reader();
  EXPECT_EQ(empty->image.size(), 0U);
  const auto dog = reader();
  EXPECT_EQ(text_of(dog->image), "dog one");
  EXPECT_EQ(dog->labels[0], 1.0F);
  EXPECT_EQ(dog->id, 2U);
  EXPECT_EQ(reader.stats().blocks_in_use, 1U);
}

TEST(Reader, ShufflesAndSplitsImageFolders) {
  const TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) {
    write_file(folder / ("class" + std::to_string(i % 4) + "/" + std::to_string(i) + ".jpg"),
               std::to_string(i));
  }
  ReaderOptions options{.data = folder.path(), .shuffle = true, .parts = 2};
  std::set<std::string> images;
  for (options.part = 0; options.part < 2; ++options.part) {
    RecordReader reader(options);
    while (const auto record = reader()) {
      const std::string image = text_of(record->image);
      EXPECT_EQ(record->labels[0], static_cast<float>(std::stoi(image) % 4));
      images.insert(image);
    }
  }
  EXPECT_EQ(images.size(), 40U);
}

// What a reader gave, and how much of the files it read for that.
struct Given {
  std::vector<std::uint64_t> ids;
  std::vector<float> labels;
  std::uint64_t without_image = 0;
  std::uint64_t bytes = 0;
};

Given given_by(RecordReader& reader) {
  Given given;
  const std::uint64_t before = reader.stats().bytes;
  while (const auto record = reader()) {
    given.ids.push_back(record->id);
    given.labels.push_back(record->labels[0]);
    EXPECT_EQ(record->index, record->id);
    EXPECT_EQ(record->number, record->id % 50);  // of two files with 50 records each
    given.without_image += record->image.empty() ? 1 : 0;
    if (record->image.empty()) continue;
    EXPECT_EQ(text_of(record->image), image_of(record->id));
  }
  given.bytes = reader.stats().bytes - before;
  return given;
}

TEST(Reader, LeavesOutTheBytesOfWhatIsKnown) {
  const TemporaryFolder folder;
  write_records(folder / "data/a.rec", 50, WithIndex::kYes);
  write_records(folder / "data/b.rec", 50, WithIndex::kYes, 50);
  std::vector<float> labels(100);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<float>(i % 10);
  for (const Mode& mode : kModes) {
    for (const std::uint32_t parts : {1U, 3U}) {
      ReaderOptions options = options_of(folder / "data", mode);
      options.part = parts - 1;
      options.parts = parts;
      RecordReader reader(options);
      std::set<std::uint64_t> known;
      reader.skip_known([&](std::uint64_t index) {
        return known.contains(index)
                   ? std::optional(KnownRecord{index, std::span(labels).subspan(index, 1)})
                   : std::nullopt;
      });
      const Given none = given_by(reader);
      EXPECT_EQ(none.without_image, 0U);
      for (std::uint64_t i = 0; i < 100; ++i) {
        if (i < 60 || i % 3 == 0) known.insert(i);  // whole blocks, and some of others
      }
      reader.seek(0);
      const Given some = given_by(reader);
      EXPECT_EQ(some.ids, none.ids) << mode.name;
      EXPECT_EQ(some.labels, none.labels) << mode.name;
      EXPECT_EQ(some.without_image,
                static_cast<std::uint64_t>(std::ranges::count_if(
                    none.ids, [&](std::uint64_t id) { return known.contains(id); })));
      EXPECT_LT(some.bytes, none.bytes) << mode.name;
      for (std::uint64_t i = 0; i < 100; ++i) known.insert(i);
      reader.seek(0);
      const Given all = given_by(reader);
      EXPECT_EQ(all.ids, none.ids) << mode.name;
      EXPECT_EQ(all.without_image, all.ids.size());
      EXPECT_EQ(all.bytes, 0U) << mode.name;
    }
  }
}

TEST(Reader, OpensNoImageFileThatIsKnown) {
  const TemporaryFolder folder;
  write_file(folder / "cat/1.jpg", "cat one");
  write_file(folder / "dog/1.png", "dog one");
  RecordReader reader({.data = folder.path()});
  std::filesystem::remove(folder / "cat/1.jpg");
  const float label = 0;
  reader.skip_known([&](std::uint64_t index) {
    return index == 0 ? std::optional(KnownRecord{0, {&label, 1}}) : std::nullopt;
  });
  const auto cat = reader(), dog = reader();
  EXPECT_TRUE(cat->image.empty());
  EXPECT_EQ(cat->labels.data(), &label);
  EXPECT_EQ(describe(*cat), folder / "cat/1.jpg");
  EXPECT_EQ(text_of(dog->image), "dog one");
  EXPECT_EQ(dog->index, 1U);
}

TEST(Reader, CanBeMovedIntoAGraph) {
  const TemporaryFolder folder;
  write_records(folder / "a.rec", 10, WithIndex::kYes);
  RecordReader first({.data = folder / "a.rec"});
  first();
  RecordReader second(std::move(first));
  EXPECT_EQ(second()->id, 1U);
}

}  // namespace
}  // namespace forebay::test
