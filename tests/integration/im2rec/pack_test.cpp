#include <im2rec/pack.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/list.hpp>
#include <forebay/nodes/read/reader.hpp>

#include "temporary_folder.hpp"

namespace forebay {
namespace {

struct Heard {
  std::vector<std::string> bad;
  int done = 0;

  PackListener listener() {
    return {.image_done = [this] { ++done; },
            .bad_image =
                [this](std::string_view path, std::string_view what) {
                  bad.push_back(std::string(path) + ": " + std::string(what));
                }};
  }
};

Im2recOptions photos() { return {.root = fixture("photos"), .num_thread = 3}; }

std::string copy_list(const TemporaryFolder& folder, const std::string& name) {
  return folder.write(name, content(fixture(name)));
}

std::string error_of(const std::string& list, const Im2recOptions& options) {
  try {
    pack_list(list, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PackListTest, PassesFilesThroughByteForByteAsMxnet) {
  const TemporaryFolder folder;
  auto options = photos();
  options.pass_through = true;
  const Packed packed = pack_list(copy_list(folder, "shuffled.lst"), options);
  EXPECT_EQ(packed.path, folder.path("shuffled.rec"));
  EXPECT_EQ(packed.packed, 13U);
  EXPECT_EQ(packed.skipped, 0U);
  EXPECT_EQ(content(folder.path("shuffled.rec")), content(fixture("shuffled.rec")));
  EXPECT_EQ(content(folder.path("shuffled.idx")), content(fixture("shuffled.idx")));
  EXPECT_EQ(packed.bytes, content(fixture("shuffled.rec")).size());
}

TEST(PackListTest, AddsRestartMarkersWithoutChangingPixels) {
  const TemporaryFolder folder;
  auto options = photos();
  options.pass_through = true;
  const std::string list = copy_list(folder, "shuffled.lst");
  const std::size_t plain_bytes = pack_list(list, options).bytes;
  std::vector<Image> expected;
  const auto decode_all = [&](auto&& use) {
    RecordReader reader({.data = folder.path("shuffled.rec")});
    while (const auto record = reader()) use(decode(record->image, ImagePool()));
  };
  decode_all([&](Image image) { expected.push_back(std::move(image)); });

  options.restart_rows = 1;
  EXPECT_LT(pack_list(list, options).bytes, plain_bytes);
  std::size_t i = 0;
  decode_all([&](const Image& image) {
    ASSERT_EQ(image.bytes(), expected[i].bytes());
    EXPECT_TRUE(std::equal(image.row(0), image.row(0) + image.bytes(), expected[i].row(0))) << i;
    ++i;
  });
  EXPECT_EQ(i, expected.size());
}

TEST(PackListTest, PacksAllLabelsWhenAskedAndElseTheFirst) {
  const TemporaryFolder folder;
  auto options = photos();
  options.pass_through = options.pack_label = true;
  const std::string list = copy_list(folder, "labels.lst");
  pack_list(list, options);
  EXPECT_EQ(content(folder.path("labels.rec")), content(fixture("labels.rec")));
  EXPECT_EQ(content(folder.path("labels.idx")), content(fixture("labels.idx")));

  options.pack_label = false;
  pack_list(list, options);
  RecordReader reader({.data = folder.path("labels.rec")});
  for (const auto& entry : read_list(list)) {
    const auto record = reader();
    ASSERT_EQ(record->labels.size(), 1U);
    EXPECT_EQ(record->labels[0], entry.labels[0]);
    EXPECT_EQ(record->id, entry.id);
  }
}

TEST(PackListTest, GivesTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  std::vector<ListEntry> entries;
  for (int i = 0; i < 20; ++i) {
    for (const auto& entry : read_list(fixture("shuffled.lst"))) {
      entries.push_back({entries.size(), entry.labels, entry.path});
    }
  }
  write_list(folder.path("many.lst"), entries);
  auto options = photos();
  options.resize = 40;
  std::string one_thread;
  for (const int threads : {1, 2, 7}) {
    options.num_thread = threads;
    EXPECT_EQ(pack_list(folder.path("many.lst"), options).packed, 260U);
    const std::string bytes = content(folder.path("many.rec")) + content(folder.path("many.idx"));
    if (one_thread.empty()) one_thread = bytes;
    EXPECT_TRUE(bytes == one_thread) << threads << " threads";
  }
}

TEST(PackListTest, TellsBadImagesInListOrderAndLeavesThemOut) {
  const TemporaryFolder folder;
  const std::string photo = content(fixture("photos/birds/robin.jpg"));
  folder.write("root/cut.jpg", photo.substr(0, photo.size() / 2));
  folder.write("root/empty.jpg", "");
  folder.write("root/good.jpg", photo);
  folder.write("root/text.png", "text");
  const std::string list = folder.write(
      "data.lst",
      "0\t1\tcut.jpg\n1\t2\tgood.jpg\n2\t3\tmissing.jpg\n3\t4\tempty.jpg\n4\t5\ttext.png\n"
      "5\t6\tgood.jpg\n");
  Heard heard;
  const Packed packed =
      pack_list(list, {.root = folder.path("root"), .num_thread = 2}, heard.listener());
  EXPECT_EQ(packed.packed, 2U);
  EXPECT_EQ(packed.skipped, 4U);
  EXPECT_EQ(heard.done, 6);
  EXPECT_EQ(heard.bad, (std::vector<std::string>{
                           "cut.jpg: JPEG: premature end of data",
                           "missing.jpg: cannot open " + folder.path("root/missing.jpg") +
                               ": No such file or directory",
                           "empty.jpg: the image has no bytes",
                           "text.png: the image is neither JPEG, PNG, WebP nor BMP"}));
  const auto index = read_index(folder.path("data.idx"));
  ASSERT_EQ(index.size(), 2U);
  EXPECT_EQ(index[0].key, 1U);
  EXPECT_EQ(index[1].key, 5U);
}

TEST(PackListTest, StopsAtABadImageWhenAskedAndLeavesNoFile) {
  const TemporaryFolder folder;
  folder.write("root/text.png", "text");
  const std::string list = folder.write("data.lst", "0\t1\ttext.png\n");
  EXPECT_EQ(error_of(list, {.root = folder.path("root"), .on_bad_image = OnError::kStop}),
            "encode: text.png: the image is neither JPEG, PNG, WebP nor BMP");
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"data.lst", "root"}));
}

TEST(PackListTest, FailsWhereNoImageCanBeReadAndLeavesNoFile) {
  const TemporaryFolder folder;
  const std::string list = folder.write("data.lst", "0\t1\ta.jpg\n1\t1\tb.jpg\n");
  EXPECT_EQ(error_of(list, {.root = folder.path("root")}),
            "nothing was packed: none of the 2 images of " + list + " can be read below " +
                folder.path("root"));
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"data.lst"}));
}

TEST(PackListTest, LeavesNoFileWhenInterrupted) {
  const TemporaryFolder folder;
  Heard heard;
  auto listener = heard.listener();
  listener.interrupted = [&heard] { return heard.done >= 3; };
  const Packed packed = pack_list(copy_list(folder, "shuffled.lst"), photos(), listener);
  EXPECT_TRUE(packed.interrupted);
  EXPECT_EQ(heard.done, 3);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"shuffled.lst"}));
}

TEST(FindListsTest, FindsThePrefixAndInAFolderAll) {
  const TemporaryFolder folder;
  for (const char* name : {"data_val.lst", "data.lst", "other.lst", "data.rec"}) {
    folder.write(name, "");
  }
  EXPECT_EQ(find_lists(folder.path("data")),
            (std::vector{folder.path("data.lst"), folder.path("data_val.lst")}));
  EXPECT_EQ(find_lists(folder.path()),
            (std::vector{folder.path("data.lst"), folder.path("data_val.lst"),
                         folder.path("other.lst")}));
  try {
    find_lists(folder.path("none"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              "no list " + folder.path("none") + "*.lst; make one with: im2rec --list PREFIX ROOT");
  }
}

TEST(FindListsTest, SaysWhyAFolderCannotBeRead) {
  const TemporaryFolder folder;
  folder.write("file", "");
  const std::pair<std::string, std::string> cases[] = {{"none", "No such file or directory"},
                                                       {"file", "Not a directory"}};
  for (const auto& [name, why] : cases) {
    try {
      find_lists(folder.path(name + "/data"));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), "cannot list the folder " + folder.path(name) + ": " + why);
    }
  }
}

}  // namespace
}  // namespace forebay
