#include <forebay/nodes/image/files.hpp>

#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/read/file.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
}

}  // namespace

EncodedFile ReadFile::operator()(const std::string& path) const {
  const File file(path);
  EncodedFile read{path, std::vector<std::byte>(file.size())};
  file.read(0, read.bytes);
  return read;
}

NamedImage DecodeImage::operator()(EncodedFile file) const {
  Image image = decode(file.bytes, pool_, channels_);
  return {std::move(file.path), std::move(image)};
}

WriteJpeg::WriteJpeg(std::string folder, WriteJpegOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  if (options_.quality < 1 || options_.quality > 100) {
    throw Error(fmt::format("JPEG quality {} is not in 1 to 100", options_.quality));
  }
  make_folder(folder_);
}

void WriteJpeg::operator()(const NamedImage& named) const {
  const fs::path from(named.path);
  const fs::path name =
      options_.below.empty() ? from.filename() : from.lexically_relative(options_.below);
  if (name.empty() || *name.begin() == "..") {
    throw Error(
        fmt::format("cannot write a JPEG of {}: it is not below {}", named.path, options_.below));
  }
  const fs::path path = (fs::path(folder_) / name).replace_extension(".jpg");
  make_folder(path.parent_path());
  AtomicFile file(path.string());
  file.append(encode_jpeg(named.image, options_.quality));
  file.commit();
}

}  // namespace forebay
