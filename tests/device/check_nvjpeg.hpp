#pragma once

// Decoding on a GPU beside decoding here.

#include <string>

namespace forebay {

/// Decodes the same photos with both and prints, as a line of JSON, how far the pixels are apart
/// and how many images a second each decodes, for GPU 0 of that name. Throws `Error` where they are
/// too far apart, and where nvJPEG is missing or refuses what it should take.
void check_nvjpeg(const std::string& gpu);

}  // namespace forebay
