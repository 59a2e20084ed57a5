// Reading a .rec that is not in memory, as fast as a reader gives its records.
//
//     bench_read TRAIN.rec order|blocks|records
//
// Asks the kernel to forget the file, reads one pass in that order and prints the MB/s and the
// records/s. compare_fio.py runs it beside fio.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/reader.hpp>

namespace {

using namespace forebay;

const std::map<std::string, ReaderOptions> kOrders{
    {"order", {}},
    {"blocks", {.data = "", .shuffle = true, .shuffle_by = ShuffleBy::kBlocks}},
    {"records", {.data = "", .shuffle = true, .shuffle_by = ShuffleBy::kRecords}}};

void forget(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw Error("cannot open " + path);
  fsync(file);  // what is still to be written is not forgotten
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  close(file);
}

void run(const std::string& path, ReaderOptions options) {
  options.data = path;
  RecordReader reader(options);
  forget(path);  // after the reader has looked at it
  std::uint64_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (const auto record = reader()) bytes += record->image.size();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  std::printf("%.1f MB/s, %.0f records/s\n", static_cast<double>(bytes) / 1e6 / time.count(),
              static_cast<double>(reader.count()) / time.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || !kOrders.contains(argv[2])) {
    std::fprintf(stderr, "usage: bench_read TRAIN.rec order|blocks|records\n");
    return 2;
  }
  try {
    run(argv[1], kOrders.at(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_read: %s\n", error.what());
    return 1;
  }
}
