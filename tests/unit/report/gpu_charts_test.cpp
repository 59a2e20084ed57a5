// From a driver's figures to the page, with a library in the place of NVIDIA's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>

#include <forebay/graph/inspect/nvml.hpp>
#include <forebay/graph/record/lines.hpp>
#include <forebay/graph/report/charts.hpp>
#include <forebay/graph/report/html_report.hpp>

#include "../record/made_up_run.hpp"

namespace forebay::detail {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

DeviceFacts device(const std::string& name, const std::string& pci) {
  DeviceFacts device{name, 0.5, 1, 2, 400};
  device.pci = pci;
  return device;
}

// A processor and two GPUs for three seconds, of the second of which the library tells only memory.
Recording recording_by(const std::string& library) {
  double now = 0;
  Nvml nvml(library, [&now] { return now; });
  test::MadeUpRun run;
  run.report.devices = {device("cpu:0", ""), device("cuda:0", "0000:00:00.0"),
                        device("cuda:1", "0000:01:00.0")};
  VerdictWatch verdicts;
  RunLines lines(verdicts);
  std::string text = lines.start(run.idle(), now);
  while (now < 3) {
    ++now;
    run.pass(1);
    nvml.tell(run.report.devices);
    text += lines.step(run.report, now);
  }
  LineReader reader;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) reader.read(line);
  return reader.take();
}

auto line(const char* name, double value) {
  return AllOf(Field("name", &PlotLine::name, name),
               Field("points", &PlotLine::points,
                     ElementsAre(Pair(0.5, value), Pair(1.5, value), Pair(2.5, value))));
}

TEST(GpuCharts, HaveALineForEachGpuThatTells) {
  const Recording recording = recording_by(FOREBAY_FAKE_NVML);
  const std::vector<Plot> plots = gpus(recording, Timeline(recording));
  ASSERT_THAT(plots, SizeIs(4));
  EXPECT_EQ(plots[0].title, "GPUs busy, by their driver");
  EXPECT_THAT(plots[0].lines, ElementsAre(line("cuda:0", 97)));
  EXPECT_EQ(plots[1].title, "Memory of GPUs, by their driver");
  EXPECT_THAT(plots[1].lines, ElementsAre(line("cuda:0", 37.5), line("cuda:1", 37.5)));
  EXPECT_EQ(plots[2].title, "Power of GPUs, W");
  EXPECT_THAT(plots[2].lines, ElementsAre(line("cuda:0", 512.3F)));
  EXPECT_EQ(plots[3].title, "SM clock of GPUs, MHz");
  EXPECT_THAT(plots[3].lines, ElementsAre(line("cuda:0", 1755)));
}

TEST(GpuCharts, AreOnThePage) {
  const std::string page = html_report(recording_by(FOREBAY_FAKE_NVML));
  for (const char* title :
       {"GPUs busy, by their driver", "Memory of GPUs, by their driver<span class=\"legend\">",
        "Power of GPUs, W", "SM clock of GPUs, MHz"}) {
    EXPECT_THAT(page, HasSubstr("<figcaption>" + std::string(title)));
  }
}

TEST(GpuCharts, AreNotThereWithoutADriver) {
  const Recording recording = recording_by("libforebay-none.so.1");
  EXPECT_THAT(gpus(recording, Timeline(recording)), IsEmpty());
  const std::string page = html_report(recording);
  EXPECT_THAT(page, HasSubstr("Devices busy"));
  EXPECT_THAT(page, Not(HasSubstr("GPUs")));
}

// The second GPU has no power: the mean is of the others.
TEST(GpuCharts, OfManyAreTheMeanTheLeastAndTheMost) {
  Recording recording = recording_by(FOREBAY_FAKE_NVML);
  recording.devices.assign(6, {"cuda", 0});
  for (RecordedStep& step : recording.steps) {
    const DeviceStep unknown = step.devices[2];
    step.devices.assign(6, step.devices[1]);
    step.devices[1] = unknown;
    step.devices[4].gpu.power = step.devices[3].gpu.power - 50;
  }
  const std::vector<Plot> plots = gpus(recording, Timeline(recording));
  const float power = recording.steps[0].devices[3].gpu.power;
  EXPECT_THAT(plots.at(2).lines, ElementsAre(line("mean of 5", power - 10.0),
                                             line("least", power - 50), line("most", power)));
  EXPECT_THAT(plots.at(1).lines, Each(Field(&PlotLine::points, Each(Pair(testing::_, 37.5)))));
}

}  // namespace
}  // namespace forebay::detail
