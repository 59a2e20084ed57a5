#pragma once

// Ready-made bodies for graphs over image files: read, decode, write.

#include <cstddef>
#include <string>
#include <vector>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// An image file's bytes. One queue slot costs the size of the file.
struct EncodedFile {
  std::string path;
  std::vector<std::byte> bytes;
};

/// An image and the path of the file it is from.
struct NamedImage {
  std::string path;
  Image image;
};

// What errors call an item, and what byte limits count.
inline std::string describe(const EncodedFile& file) { return file.path; }
inline std::string describe(const NamedImage& named) { return named.path; }
inline std::size_t byte_size(const EncodedFile& file) { return file.bytes.size(); }
inline std::size_t byte_size(const NamedImage& named) { return named.image.bytes(); }

/// From a path to the file's bytes. Blocks while the disk works, so its node wants own threads.
/// Throws `Error` when the file cannot be read.
struct ReadFile {
  EncodedFile operator()(const std::string& path) const;
};

/// From bytes to pixels: JPEG, PNG, WebP or BMP. Does not block. Throws `Error` as `decode` does.
class DecodeImage {
 public:
  explicit DecodeImage(int channels = 3) : channels_(channels) {}
  NamedImage operator()(EncodedFile file) const;

 private:
  int channels_;  // 3: RGB, 1: gray
  ImagePool pool_;
};

struct WriteJpegOptions {
  int quality = 95;  // 1 to 100
  /// The part of the images' paths that is left out: "photos/cats/1.png" becomes
  /// "<folder>/cats/1.jpg" with "photos", and "<folder>/1.jpg" with "".
  std::string below = "";
};

/// Writes images as JPEG files into a folder, which it makes, over older files of their names; each
/// appears when it is complete. Blocks while the disk works, so its node wants own threads. Throws
/// `Error` when a file cannot be written.
class WriteJpeg {
 public:
  explicit WriteJpeg(std::string folder, WriteJpegOptions options = {});
  void operator()(const NamedImage& named) const;

 private:
  std::string folder_;
  WriteJpegOptions options_;
};

}  // namespace forebay
