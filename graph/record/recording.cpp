#include <forebay/graph/record/recording.hpp>

#include <cerrno>
#include <fstream>

#include <forebay/graph/error.hpp>
#include <forebay/graph/record/lines.hpp>

namespace forebay {
namespace detail {
namespace {

// Before whole lines are read: a file of another kind may have none.
void check_begin(const std::string& path, std::istream& file) {
  std::string begin(kRecordingBegin.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin != kRecordingBegin) throw Error("'" + path + "' is no recording of a run");
  file.seekg(0);
}

}  // namespace

std::uint64_t read_lines(const std::string& path, LineReader& reader) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw system_error("cannot read '" + path + "'", errno);
  check_begin(path, file);
  std::uint64_t bytes = 0, number = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    ++number;
    try {
      reader.read(line);
    } catch (const std::exception& error) {
      throw Error("line " + std::to_string(number) + " of the recording '" + path +
                  "' cannot be read: " + error.what());
    }
    bytes += line.size() + 1;
  }
  if (file.bad()) throw system_error("cannot read '" + path + "'", errno);
  if (number == 0) throw Error("the recording '" + path + "' was cut off in its first line");
  return bytes;
}

}  // namespace detail

Recording read_recording(const std::string& path) {
  detail::LineReader reader;
  detail::read_lines(path, reader);
  return reader.take();
}

}  // namespace forebay
