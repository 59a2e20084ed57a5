#include <im2rec/pack.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/graph.hpp>
#include <forebay/nodes/image/files.hpp>
#include <forebay/nodes/read/list.hpp>
#include <forebay/nodes/read/record_writer.hpp>
#include <forebay/nodes/read/recordio.hpp>
#include <im2rec/encode.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

/// One line of the list on its way through the graph.
struct Job {
  const ListEntry* entry = nullptr;
  std::vector<std::byte> bytes;  // of the file, then of the record
  std::string fault;             // why the image is left out
};

std::string describe(const Job& job) { return job.entry->path; }
std::size_t byte_size(const Job& job) { return job.bytes.size(); }

/// Runs one step of a job. What it throws ends the run, or is kept with the job, so that the
/// bad image is told in list order.
template <typename Step>
Job attempt(Job job, OnError on_bad_image, Step step) {
  if (!job.fault.empty()) return job;
  try {
    job.bytes = step(job);
  } catch (const Error& error) {
    if (on_bad_image == OnError::kStop) throw;
    job.bytes.clear();
    job.fault = error.what();
  }
  return job;
}

std::vector<std::byte> make_record(const Job& job, const Im2recOptions& options,
                                   const EncodeImage& encode) {
  std::span<const float> labels = job.entry->labels;
  if (!options.pack_label) labels = labels.first(1);
  return pack(labels, job.entry->id, encode(job.bytes));
}

}  // namespace

std::vector<std::string> find_lists(const std::string& prefix) {
  const fs::path path(prefix);
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  const fs::path parent = folder ? path : path.parent_path();
  const std::string start = folder ? "" : path.filename().string();
  std::vector<std::string> lists;
  error.clear();
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (entry->is_regular_file(unknown) && name.starts_with(start) && name.ends_with(".lst")) {
      lists.push_back(entry->path().string());
    }
  }
  if (error) {
    throw Error(fmt::format("cannot list the folder {}: {}", parent.string(), error.message()));
  }
  if (lists.empty()) {
    throw Error(fmt::format("no list {}*.lst; make one with: im2rec --list PREFIX ROOT",
                            folder ? (path / "").string() : prefix));
  }
  std::ranges::sort(lists);
  return lists;
}

std::uint64_t count_images(const std::string& list) {
  const auto entries = read_list(list);
  if (entries.empty()) throw Error(list + " lists no images; make it again with --list");
  return entries.size();
}

Packed pack_list(const std::string& list, const Im2recOptions& options,
                 const PackListener& listener) {
  const auto entries = read_list(list);
  const fs::path path(list);
  Packed result{.path = fs::path(path).replace_extension(".rec").string()};
  RecordWriter writer(result.path, fs::path(path).replace_extension(".idx").string());

  const auto threads = static_cast<std::size_t>(options.num_thread);
  const std::size_t room = 16 + 2 * threads;
  constexpr std::size_t kMostBytes = 256 << 20;  // of encoded images that wait for a node
  Graph graph("im2rec");
  const auto stop_when_interrupted = [&] {
    if (!listener.interrupted()) return false;
    graph.cancel();
    return true;
  };
  const auto lines = graph.source("list", [&, next = entries.begin()]() mutable {
    if (next == entries.end() || stop_when_interrupted()) return std::optional<Job>();
    return std::optional(Job{&*next++, {}, {}});
  });
  const auto read = graph.transform(
      "read",
      {.concurrency = std::clamp<std::size_t>(threads, 2, 16),
       .queue = room,
       .run_on = RunOn::kOwnThreads},
      [&](Job job) {
        return attempt(std::move(job), options.on_bad_image, [&](const Job& each) {
          return ReadFile{}((fs::path(options.root) / each.entry->path).string()).bytes;
        });
      });
  const auto encode = graph.transform(
      "encode", {.concurrency = threads, .queue = room, .queue_bytes = kMostBytes},
      [&, encode_image = EncodeImage(options)](Job job) {
        return attempt(std::move(job), options.on_bad_image,
                       [&](const Job& each) { return make_record(each, options, encode_image); });
      });
  const auto write = graph.sink("write",
                                {.queue = room,
                                 .queue_bytes = kMostBytes,
                                 .order = Order::kInOrder,
                                 .run_on = RunOn::kOwnThreads},
                                [&](const Job& job) {
                                  if (stop_when_interrupted()) return;
                                  if (job.fault.empty()) {
                                    writer.write(job.entry->id, job.bytes);
                                  } else {
                                    listener.bad_image(job.entry->path, job.fault);
                                    ++result.skipped;
                                  }
                                  listener.image_done();
                                });
  lines >> read >> encode >> write;
  graph.run();

  result.packed = writer.records();
  result.bytes = writer.bytes();
  result.interrupted = graph.cancelled();
  if (result.interrupted) return result;
  if (result.packed == 0) {
    throw Error(fmt::format("nothing was packed: none of the {} images of {} can be read below {}",
                            entries.size(), list, options.root));
  }
  writer.close();
  return result;
}

}  // namespace forebay
