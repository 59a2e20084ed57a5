#pragma once

// OpenCV's view of our images; for the sources of this folder alone.

#include <opencv2/core.hpp>

#include <forebay/nodes/image/image.hpp>

namespace forebay::detail {

/// Call before OpenCV works on pixels: each body keeps to its own thread, so that as many bodies
/// run as the graph allows and no more. OpenCV's setting is one for the whole process.
inline void keep_opencv_single_threaded() {
  static const bool done = (cv::setNumThreads(1), true);
  static_cast<void>(done);
}

/// The same pixels, not to be written.
inline cv::Mat to_mat(const ImageView& view) {
  return {view.height, view.width, CV_8UC(view.channels), const_cast<std::uint8_t*>(view.pixels),
          view.stride};
}

inline cv::Mat to_mat(Image& image) {
  return {image.height(), image.width(), CV_8UC(image.channels()), image.row(0), image.stride()};
}

}  // namespace forebay::detail
