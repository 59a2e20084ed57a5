#include <forebay/nodes/atomic_file.hpp>

#include <gmock/gmock.h>

#include "helpers.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AtomicFileTest : public FolderTest {
 protected:
  static std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }
};

TEST_F(AtomicFileTest, AppearsOnlyWhenPublished) {
  write_file(path("a"), "old");
  AtomicFile file(path("a"));
  file.append(bytes("new "));
  file.append(bytes("text"));
  EXPECT_EQ(content_of(path("a")), "old");
  file.sync();
  EXPECT_EQ(content_of(path("a")), "old");
  file.commit();
  EXPECT_EQ(content_of(path("a")), "new text");
  EXPECT_THAT(files(), ElementsAre("a"));
}

TEST_F(AtomicFileTest, LeavesNothingWhenGivenUp) {
  {
    AtomicFile file(path("a"));
    file.append(bytes("half"));
  }
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AtomicFileTest, OverwritesTheTemporaryOfACrash) {
  write_file(path("a.tmp"), "much longer than what comes now");
  AtomicFile file(path("a"));
  file.append(bytes("new"));
  file.sync();
  file.commit();
  EXPECT_EQ(content_of(path("a")), "new");
}

TEST_F(AtomicFileTest, SaysThatTheDiskIsFull) {
  write_file(path("a"), "old");
  std::filesystem::create_symlink("/dev/full", path("a.tmp"));
  EXPECT_EQ(
      error_of([&] {
        AtomicFile file(path("a"));
        file.append(bytes("new"));
        file.sync();
      }),
      "saving \"" + path("a") + "\": No space left on device; what was there before is untouched");
  EXPECT_EQ(content_of(path("a")), "old");
  EXPECT_THAT(files(), ElementsAre("a"));
}

TEST_F(AtomicFileTest, SaysThatTheFolderIsMissing) {
  EXPECT_EQ(error_of([&] { AtomicFile file(path("no/a")); }),
            "saving \"" + path("no/a") +
                "\": No such file or directory; what was there before is untouched");
}

TEST_F(AtomicFileTest, SaysThatTheNameIsAFolder) {
  std::filesystem::create_directory(path("a"));
  AtomicFile file(path("a"));
  file.sync();
  EXPECT_EQ(error_of([&] { file.commit(); }),
            "saving \"" + path("a") + "\": Is a directory; what was there before is untouched");
}

}  // namespace
}  // namespace forebay
