#pragma once

// Reading and showing the values that only train_imagenet's flags have.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <common/flag_values.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

Reader<std::vector<int>> rising_epochs();  // "30,60"
Reader<std::array<double, 3>> rgb_mean();  // "1,2,3", or "1" for all
Reader<std::array<double, 3>> rgb_std();
Reader<ImageShape> image_shape();               // "3,224,224"
Reader<std::vector<DeviceName>> device_list();  // "cpu:0,cpu:1", "sim:16:K80"

/// Values as Python writes them, so that log readers see what MXNet's argparse printed.
std::string show(const std::string& value);
std::string show(double value);
std::string show(bool value);
std::string show(std::int64_t value);
std::string show(int value);
std::string show(std::uint64_t value);
std::string show(const std::vector<int>& values);
std::string show(const std::array<double, 3>& values);
std::string show(const ImageShape& shape);
std::string show(const std::vector<DeviceName>& devices);
std::string show(Augmentation value);
std::string show(LrSchedule value);
std::string show(OnError value);
std::string show(LogPrefix value);
std::string show(Tune value);
template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "None";
}

}  // namespace forebay
