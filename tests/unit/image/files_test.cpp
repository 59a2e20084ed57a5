#include <forebay/nodes/image/files.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;
using test::error_of;

class FilesTest : public testing::Test {
 protected:
  static std::string fixture(const std::string& name) { return FOREBAY_FIXTURES "/image/" + name; }
  std::string path(const std::string& name) const { return folder_ / name; }

  test::TemporaryFolder folder_;
};

TEST_F(FilesTest, ReadsDecodesAndWritesAnImage) {
  const EncodedFile file = ReadFile{}(fixture("gray.png"));
  EXPECT_EQ(describe(file), fixture("gray.png"));
  EXPECT_EQ(byte_size(file), fs::file_size(fixture("gray.png")));
  const NamedImage gray = DecodeImage(1)(file);
  EXPECT_EQ(describe(gray), fixture("gray.png"));
  EXPECT_EQ(byte_size(gray), gray.image.bytes());
  EXPECT_EQ(DecodeImage{}(file).image.channels(), 3);

  WriteJpeg(path("out"), {.quality = 60})(gray);
  const auto jpeg = encode_jpeg(gray.image, 60);
  EXPECT_EQ(ReadFile{}(path("out/gray.jpg")).bytes, jpeg);
}

TEST_F(FilesTest, KeepsTheFoldersBelowTheOneNamed) {
  Image image = ImagePool().take(2, 2, 3);
  std::fill_n(image.row(0), image.bytes(), std::uint8_t{7});
  const WriteJpeg write(path("out"), {.below = "photos/"});
  write({"photos/cats/1.png", image});
  write({"photos/2.jpeg", image});
  EXPECT_TRUE(fs::exists(path("out/cats/1.jpg")));
  EXPECT_TRUE(fs::exists(path("out/2.jpg")));
  EXPECT_EQ(error_of([&] {
              write({"elsewhere/3.png", image});
            }),
            "cannot write a JPEG of elsewhere/3.png: it is not below photos/");
}

TEST_F(FilesTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([&] { ReadFile{}(path("none.jpg")); }),
            "cannot open " + path("none.jpg") + ": No such file or directory");
  EXPECT_EQ(error_of([&] { DecodeImage{}({"a.jpg", {}}); }), "the image has no bytes");
  EXPECT_EQ(error_of([&] { WriteJpeg(path("out"), {.quality = 0}); }),
            "JPEG quality 0 is not in 1 to 100");
  std::ofstream(path("file")) << "text";
  EXPECT_EQ(error_of([&] { WriteJpeg(path("file/out")); }),
            "cannot make the folder " + path("file/out") + ": Not a directory");
}

}  // namespace
}  // namespace forebay
