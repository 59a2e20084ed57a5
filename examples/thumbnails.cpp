// Makes a small JPEG of every image below a folder:
//
//     list ─► read ─► decode ─► shrink ─► save
//
// A node starts an image only when there is a free place in the queue after it, so however many
// photos there are, no more than the queues' places of them are in memory.

#include <exception>
#include <iostream>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/image/files.hpp>
#include <forebay/nodes/image/resize.hpp>
#include <forebay/nodes/read/folder.hpp>

int main(int argc, char** argv) try {
  if (argc != 3) throw forebay::Error("usage: thumbnails PHOTOS OUT");
  const std::string photos = argv[1], out = argv[2];

  forebay::Graph graph("thumbnails");

  // A source is called until it gives nothing. It has a thread of its own.
  auto list = graph.source("list", forebay::ListFiles(photos, "*.jpg"));

  // Reading waits for the disk. That must not hold up a thread of the pool that all nodes share,
  // so this node has two of its own.
  auto read = graph.transform("read", {.concurrency = 2, .run_on = forebay::RunOn::kOwnThreads},
                              forebay::ReadFile{});

  // Decoding works. It takes up to four threads of the pool; `set("decode.concurrency", "8")`
  // would change that while the graph runs. A broken photo is left out and counted.
  auto decode = graph.transform(
      "decode", {.concurrency = 4, .queue = 32, .on_error = forebay::OnError::kSkip},
      forebay::DecodeImage{});

  // A body is any callable: its parameter is what the node takes, its result what it sends. To
  // connect nodes whose types differ does not compile.
  auto shrink = graph.transform("shrink", {.concurrency = 2}, [](forebay::NamedImage photo) {
    photo.image =
        forebay::resize(photo.image, {.width = 160, .height = 120}, forebay::Interpolation::kArea);
    return photo;
  });

  auto save = graph.sink("save", {.queue = 64, .run_on = forebay::RunOn::kOwnThreads},
                         forebay::WriteJpeg(out, {.quality = 85, .below = photos}));

  list >> read >> decode >> shrink >> save;

  // The report: each node's queue, and what part of the time its workers were busy, starved (no
  // input) or blocked (no room after them). The node that is busy while those before it are
  // blocked is the one to give more workers.
  const forebay::GraphSnapshot report = graph.run();
  std::cout << report;
  std::cout << report.node("save").items_out << " thumbnails in " << out << ", "
            << report.node("decode").skipped << " broken photos\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << "thumbnails: " << error.what() << '\n';
  return 1;
}
