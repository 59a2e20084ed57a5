#pragma once

// What a session prints when it ends.

#include <string>

#include <train_imagenet/session.hpp>
#include <train_imagenet/test_io.hpp>

namespace forebay {

/// Images/s, time per epoch and for 100 epochs, memory, and per node where the time went.
std::string report(const SessionResult& result);

/// The same of a run of --test-io 1.
std::string read_report(const ReadResult& result);

}  // namespace forebay
