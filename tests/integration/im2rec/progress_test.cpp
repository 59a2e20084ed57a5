#include <im2rec/progress.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace forebay {
namespace {

// What a progress wrote, by a clock that the test moves.
class PackProgressTest : public testing::Test {
 protected:
  PackProgressTest() : file_(::open_memstream(&text_, &size_)) {}
  ~PackProgressTest() override {
    std::fclose(file_);
    std::free(text_);
  }
  std::unique_ptr<PackProgress> make(std::size_t width, std::uint64_t total) {
    return std::make_unique<PackProgress>(
        file_, width, [this] { return now_; }, "a.rec", total);
  }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

  double now_ = 10;

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

TEST_F(PackProgressTest, WritesALineEvery1000ImagesWithoutATerminal) {
  const auto progress = make(0, 2500);
  for (int i = 0; i < 2500; ++i) {
    now_ += 0.01;
    progress->image_done();
  }
  EXPECT_EQ(text(),
            "a.rec: 1000 of 2500 images, 100.0 images/s\n"
            "a.rec: 2000 of 2500 images, 100.0 images/s\n");
}

TEST_F(PackProgressTest, RedrawsALineOnATerminalAndRemovesItAtTheEnd) {
  auto progress = make(80, 100);
  for (int i = 0; i < 25; ++i) {
    now_ += 0.005;  // 20 images between two redraws
    progress->image_done();
  }
  progress.reset();
  EXPECT_EQ(text(),
            "\r\x1b[Ka.rec [....................]  1/100  200.0 images/s  0:00 left"
            "\r\x1b[Ka.rec [####................]  21/100  200.0 images/s  0:00 left"
            "\r\x1b[K");
}

TEST_F(PackProgressTest, LeavesFieldsOutThatDoNotFit) {
  const auto progress = make(40, 100);
  now_ += 1;
  progress->image_done();
  EXPECT_EQ(text(), "\r\x1b[Ka.rec [....................]  1/100");
}

TEST_F(PackProgressTest, KeepsLinesAboutBadImagesAboveTheLine) {
  const auto progress = make(40, 100);
  progress->bad_image("first.jpg", "is bad");
  now_ += 1;
  progress->image_done();
  progress->bad_image("b.jpg", "is bad");
  const std::string line = "a.rec [....................]  1/100";
  EXPECT_EQ(text(), "skipped first.jpg: is bad\n\r\x1b[K" + line +
                        "\r\x1b[Kskipped b.jpg: is bad\n" + line);
}

}  // namespace
}  // namespace forebay
