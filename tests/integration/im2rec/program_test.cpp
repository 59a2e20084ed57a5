// The program as users run it: its output, exit codes and signals.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include <forebay/nodes/read/list.hpp>
#include <forebay/nodes/read/reader.hpp>

#include "temporary_folder.hpp"

namespace forebay {
namespace {

/// An im2rec that runs with its output in files of `folder`.
class Program {
 public:
  Program(const TemporaryFolder& folder, std::vector<std::string> arguments)
      : out_(folder.path() + ".out"), err_(folder.path() + ".err") {
    arguments.insert(arguments.begin(), FOREBAY_IM2REC);
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    child_ = ::fork();
    if (child_ != 0) return;
    redirect(STDOUT_FILENO, out_);
    redirect(STDERR_FILENO, err_);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  ~Program() {
    std::filesystem::remove(out_);
    std::filesystem::remove(err_);
  }
  Program(const Program&) = delete;

  void send(int signal) const { ::kill(child_, signal); }
  /// The exit code, or minus the signal that ended it.
  int wait() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string out() const { return content(out_); }
  std::string err() const { return content(err_); }

 private:
  static void redirect(int descriptor, const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, descriptor);
  }
  std::string out_, err_;
  pid_t child_ = 0;
};

// A list that takes im2rec minutes, so that a signal finds it at work.
void write_long_list(const std::string& path) {
  std::vector<ListEntry> entries;
  for (std::uint64_t i = 0; i < 300000; ++i) entries.push_back({i, {0}, "birds/robin.jpg"});
  write_list(path, entries);
}

void wait_until_exists(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::yield();
}

TEST(Im2recProgramTest, ListsAndPacksAFolderThatTheReaderReads) {
  const TemporaryFolder folder;
  const std::string prefix = folder.path("data");
  const Program list(folder,
                     {"--list", "--recursive", "--train-ratio", "0.5", prefix, fixture("photos")});
  EXPECT_EQ(list.wait(), 0);
  EXPECT_EQ(list.out(), ". 0\nbirds 1\ncats 2\ndogs/turned 3\n" + prefix +
                            "_train.lst: 6 images\n" + prefix + "_val.lst: 7 images\n");
  const Program pack(folder, {prefix, fixture("photos"), "--resize", "16"});
  EXPECT_EQ(pack.wait(), 0);
  EXPECT_EQ(pack.err(), "");
  EXPECT_TRUE(pack.out().ends_with("\npacked 13 images, skipped 0\n")) << pack.out();
  EXPECT_EQ(RecordReader({.data = prefix + "_train.rec"}).total(), 6U);
  EXPECT_EQ(RecordReader({.data = prefix + "_val.rec"}).total(), 7U);
}

TEST(Im2recProgramTest, TellsBadImagesByTheirPathAndEndsWithSuccess) {
  const TemporaryFolder folder;
  folder.write("root/bad.jpg", "text");
  folder.write("root/good.jpg", content(fixture("photos/birds/robin.jpg")));
  folder.write("data.lst", "0\t1\tbad.jpg\n1\t1\tgood.jpg\n");
  const Program pack(folder, {folder.path("data"), folder.path("root")});
  EXPECT_EQ(pack.wait(), 0);
  EXPECT_EQ(pack.err(), "skipped bad.jpg: the image is neither JPEG, PNG, WebP nor BMP\n");
  EXPECT_TRUE(pack.out().ends_with("\npacked 1 images, skipped 1\n")) << pack.out();

  const Program strict(folder,
                       {folder.path("data"), folder.path("root"), "--on-bad-image", "stop"});
  EXPECT_EQ(strict.wait(), 1);
  EXPECT_EQ(strict.err(),
            "im2rec: encode: bad.jpg: the image is neither JPEG, PNG, WebP nor BMP\n");
}

TEST(Im2recProgramTest, NotesFlagsWithoutEffectAndGoesOn) {
  const TemporaryFolder folder;
  const Program list(folder, {"--list", "--resize", "16", folder.path("data"), fixture("photos")});
  EXPECT_EQ(list.wait(), 0);
  EXPECT_EQ(list.err(), "im2rec: --resize has no effect with --list\n");
  EXPECT_EQ(list.out(), folder.path("data") + ".lst: 1 images\n");
}

TEST(Im2recProgramTest, FailsWhereThereIsNoList) {
  const TemporaryFolder folder;
  const Program pack(folder, {folder.path("data"), fixture("photos")});
  EXPECT_EQ(pack.wait(), 1);
  EXPECT_EQ(pack.err(), "im2rec: no list " + folder.path("data") +
                            "*.lst; make one with: im2rec --list PREFIX ROOT\n");
  const Program wrong(folder, {"--lst", "a", "b"});
  EXPECT_EQ(wrong.wait(), 2);
  EXPECT_EQ(wrong.err(), "im2rec: unknown flag --lst; did you mean --list?\n");
}

TEST(Im2recProgramTest, CtrlCLeavesTheFilesAsTheyWere) {
  const TemporaryFolder folder;
  write_long_list(folder.path("data.lst"));
  folder.write("data.rec", "older");
  const Program pack(folder, {folder.path("data"), fixture("photos")});
  wait_until_exists(folder.path("data.rec.tmp"));
  pack.send(SIGINT);
  EXPECT_EQ(pack.wait(), 130);
  EXPECT_NE(pack.err().find("Interrupted; " + folder.path("data.rec") + " was not written\n"),
            std::string::npos);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"data.lst", "data.rec"}));
  EXPECT_EQ(content(folder.path("data.rec")), "older");
}

TEST(Im2recProgramTest, KilledItLeavesNothingUnderTheFinalNames) {
  const TemporaryFolder folder;
  write_long_list(folder.path("data.lst"));
  const Program pack(folder, {folder.path("data"), fixture("photos")});
  wait_until_exists(folder.path("data.idx.tmp"));
  pack.send(SIGKILL);
  EXPECT_EQ(pack.wait(), -SIGKILL);
  EXPECT_FALSE(std::filesystem::exists(folder.path("data.rec")));
  EXPECT_FALSE(std::filesystem::exists(folder.path("data.idx")));
}

}  // namespace
}  // namespace forebay
