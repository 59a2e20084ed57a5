// In the place of OpenCV's imgcodecs in the bundle of tests/device/pack: OpenCV's needs GDAL and 140
// libraries more. Reads PNGs alone, as the digits are, by libpng; Forebay reads JPEGs by itself.

#include <png.h>

#include <string>
#include <vector>

#include <opencv2/imgcodecs.hpp>

namespace {

[[noreturn]] void refuse(const std::string& why) {
  CV_Error(cv::Error::StsNotImplemented, "this bundle's imgcodecs reads PNGs alone: " + why);
}

}  // namespace

cv::Mat cv::imdecode(InputArray encoded, int flags, Mat* decoded) {
  const Mat bytes = encoded.getMat();
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&png, bytes.data, bytes.total()) == 0) refuse(png.message);
  const bool color = (flags & IMREAD_COLOR) != 0;
  png.format = color ? PNG_FORMAT_BGR : PNG_FORMAT_GRAY;
  decoded->create(static_cast<int>(png.height), static_cast<int>(png.width),
                  color ? CV_8UC3 : CV_8UC1);
  const auto stride = static_cast<png_int_32>(decoded->step[0]);
  if (png_image_finish_read(&png, nullptr, decoded->data, stride, nullptr) == 0) {
    refuse(png.message);
  }
  return *decoded;
}

bool cv::imencode(const String& extension, InputArray /*image*/, std::vector<uchar>& /*encoded*/,
                  const std::vector<int>& /*parameters*/) {
  refuse("it writes no " + extension);
}
