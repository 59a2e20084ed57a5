// Packs images into RecordIO files with the command line of MXNet's im2rec.py.
//
//     list ─► read ─► encode ─► write

#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <common/clock.hpp>
#include <common/interrupt.hpp>
#include <common/terminal.hpp>
#include <im2rec/make_lists.hpp>
#include <im2rec/options.hpp>
#include <im2rec/pack.hpp>
#include <im2rec/progress.hpp>

namespace {

using namespace forebay;

constexpr int kFailed = 1, kWrongUse = 2, kInterrupted = 130;

Packed pack_and_show(const std::string& list, const Im2recOptions& options) {
  const std::string name = std::filesystem::path(list).stem().string() + ".rec";
  PackProgress progress(stderr, terminal_on_stderr() ? terminal_width() : 0, seconds_now, name,
                        count_images(list));
  return pack_list(list, options,
                   {.image_done = [&] { progress.image_done(); },
                    .bad_image = [&](auto path, auto what) { progress.bad_image(path, what); },
                    .interrupted = InterruptWatch::seen});
}

int pack_all(const Im2recOptions& options) {
  const InterruptWatch watch("\nStopping.\n");
  std::uint64_t packed = 0, skipped = 0;
  for (const std::string& list : find_lists(options.prefix)) {
    const Packed result = pack_and_show(list, options);
    if (result.interrupted) {
      std::cerr << "Interrupted; " << result.path << " was not written\n";
      return kInterrupted;
    }
    std::cout << result.path << ": " << result.packed << " images, " << result.bytes << " bytes\n";
    packed += result.packed;
    skipped += result.skipped;
  }
  std::cout << "packed " << packed << " images, skipped " << skipped << '\n';
  return 0;
}

int run(const Im2recOptions& options) {
  if (options.help) {
    std::cout << im2rec_help();
  } else if (options.version) {
    std::cout << "im2rec " FOREBAY_VERSION "\n";
  } else if (options.list) {
    make_lists(options, std::cout);
  } else {
    return pack_all(options);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int code_of_failure = kWrongUse;
  try {
    const Im2recOptions options = parse_im2rec_options({argv + 1, argv + argc});
    code_of_failure = kFailed;
    if (!options.note.empty()) std::cerr << "im2rec: " << options.note << '\n';
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "im2rec: " << error.what() << '\n';
    return code_of_failure;
  }
}
