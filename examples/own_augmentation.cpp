// An augmentation of one's own: a gray box over a random part of each image ("random erasing",
// Zhong and others, 2017), as a node between decode and save:
//
//     read ─► decode ─► erase ─► save
//
// The images look the same however many workers make them, because what is random about an image
// depends on its place in the stream and not on the thread that happens to work on it.

#include <cmath>
#include <cstring>
#include <iostream>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/files.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/read/reader.hpp>

using namespace forebay;
struct Sample {
  std::uint64_t position = 0;  // in the stream of all epochs
  Image image;
};

// A body is an object with one call operator. It is called by several threads at once, so what it
// holds does not change.
struct RandomErasing {
  double least = 0.02, most = 0.2;  // of the image's area
  std::uint64_t seed = 0;

  Sample operator()(Sample sample) const {
    Random random(seed, sample.position);
    Image& image = sample.image;
    const double side = std::sqrt(random.uniform(least, most));
    const int height = static_cast<int>(side * image.height());
    const int width = static_cast<int>(side * image.width());
    const int top = static_cast<int>(random.uniform() * (image.height() - height + 1));
    const int left = static_cast<int>(random.uniform() * (image.width() - width + 1));
    const auto bytes = [&image](int pixels) {
      return static_cast<std::size_t>(pixels * image.channels());
    };
    for (int y = top; y < top + height; ++y) {
      std::memset(image.row(y) + bytes(left), 128, bytes(width));
    }
    return sample;
  }
};

// Runs the graph and returns a sum over all pixels.
std::uint64_t erase_all(const std::string& data, const std::string& out, std::size_t workers) {
  RecordReader reader({.data = data, .shuffle = true, .seed = 7});
  Graph graph("own augmentation");
  auto read = graph.source("read", [&reader] { return reader(); });
  auto decode = graph.transform(
      "decode", {.concurrency = workers}, [pool = ImagePool()](const Record& record) {
        return Sample{record.position, forebay::decode(record.image, pool)};
      });
  auto erase = graph.transform("erase", {.concurrency = workers}, RandomErasing{.seed = 7});
  std::uint64_t sum = 0;
  auto save = graph.sink("save", {.order = Order::kInOrder, .run_on = RunOn::kOwnThreads},
                         [&sum, write = WriteJpeg(out)](const Sample& sample) {
                           for (std::size_t i = 0; i < sample.image.bytes(); ++i) {
                             sum = sum * 31 + sample.image.row(0)[i];
                           }
                           write({std::to_string(sample.position), sample.image});
                         });
  read >> decode >> erase >> save;
  std::cout << graph.run();
  return sum;
}

int main(int argc, char** argv) try {
  if (argc != 3) throw Error("usage: own_augmentation DATA.rec OUT");
  const bool same = erase_all(argv[1], argv[2], 1) == erase_all(argv[1], argv[2], 4);
  std::cout << "1 and 4 workers make " << (same ? "the same" : "different") << " images\n";
  return same ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "own_augmentation: " << error.what() << '\n';
  return 1;
}
