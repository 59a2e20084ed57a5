#include <gtest/gtest.h>

#include <filesystem>

#include <forebay/nodes/read/folder.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

std::vector<std::string> listed(const ImageListing& listing) {
  std::vector<std::string> lines;
  for (const ImageFile& image : listing.images) {
    lines.push_back(std::to_string(image.label) + " " + image.path);
  }
  return lines;
}

TEST(Folder, NumbersTheFoldersThatHoldImages) {
  const TemporaryFolder folder;
  for (const char* name : {"b/2.PNG", "b/1.jpeg", "a/x.jpg", "a/inner/y.bmp", "a/notes.txt",
                           "c/readme.md", "d/z.webp", "d/jpg"}) {
    write_file(folder / name, "");
  }
  const ImageListing listing = list_images(folder.path());
  EXPECT_EQ(listed(listing), (std::vector<std::string>{"0 a/x.jpg", "1 a/inner/y.bmp", "2 b/1.jpeg",
                                                       "2 b/2.PNG", "3 d/z.webp"}));
  EXPECT_EQ(listing.classes, (std::vector<std::string>{"a", "a/inner", "b", "d"}));
}

TEST(Folder, ListsTheFolderItselfAloneWhenAsked) {
  const TemporaryFolder folder;
  for (const char* name : {"2.jpg", "10.jpg", "sub/3.jpg", "4.tif"}) write_file(folder / name, "");
  const ImageListing jpg = list_images(folder.path(), {.recursion = Recursion::kThisFolder});
  EXPECT_EQ(listed(jpg), (std::vector<std::string>{"0 10.jpg", "0 2.jpg"}));
  const ImageListing tif = list_images(folder.path(), {.extensions = {".tif"}});
  EXPECT_EQ(listed(tif), (std::vector<std::string>{"0 4.tif"}));
}

TEST(Folder, FollowsLinksButNotInCircles) {
  const TemporaryFolder folder;
  write_file(folder / "a/x.jpg", "");
  std::filesystem::create_directory_symlink(folder.path(), folder / "a/circle");
  std::filesystem::create_directory_symlink(folder / "a", folder / "b");
  std::filesystem::create_symlink("gone.jpg", folder / "a/broken.jpg");
  EXPECT_EQ(listed(list_images(folder.path())),
            (std::vector<std::string>{"0 a/x.jpg", "1 b/x.jpg"}));
}

TEST(Folder, NamesAFolderThatCannotBeListed) {
  EXPECT_EQ(error_of([] { list_images("/nowhere"); }),
            "cannot list the folder /nowhere: No such file or directory");
}

TEST(ListFiles, GivesTheFilesThatMatchInSortedOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"b.jpg", "a.jpg", "c.JPG", "d.png", ".hidden.jpg", "sub/e.jpg"}) {
    write_file(folder / name, "");
  }
  ListFiles files(folder.path(), "*.jpg");
  EXPECT_EQ(files.count(), 3U);
  EXPECT_EQ(files(), folder / "a.jpg");
  EXPECT_EQ(files(), folder / "b.jpg");
  EXPECT_EQ(files(), folder / "sub/e.jpg");
  EXPECT_EQ(files(), std::nullopt);
  EXPECT_EQ(files(), std::nullopt);
  EXPECT_EQ(ListFiles(folder.path()).count(), 5U);
  EXPECT_EQ(ListFiles(folder.path(), "[ab].*").count(), 2U);
}

}  // namespace
}  // namespace forebay::test
