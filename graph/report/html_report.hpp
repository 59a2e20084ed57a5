#pragma once

// A recorded run as a page to read, print and send.

#include <string>

#include <forebay/graph/record/recording.hpp>

namespace forebay {

/// An HTML page by itself: no script, nothing from elsewhere. About 200 kB for a graph of 15 nodes
/// and hundreds of epochs.
std::string html_report(const Recording& recording);

}  // namespace forebay
