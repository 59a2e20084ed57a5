// forebay report FILE: a recorded run as a page.

#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/report/html_report.hpp>

namespace forebay {
namespace {

// "runs/one.frb" -> "runs/one.html"
std::string page_of(const std::string& recording) {
  const std::string ending = ".frb";
  return (recording.ends_with(ending) ? recording.substr(0, recording.size() - ending.size())
                                      : recording) +
         ".html";
}

int run(const std::vector<std::string>& given) {
  const Arguments arguments = read_arguments(given, {{"output"}}, 1, 1);
  const std::string from = *arguments.place(0);
  const std::string to = arguments.text("output").value_or(page_of(from));
  const std::string page = html_report(read_recording(from));
  std::ofstream file(to, std::ios::binary);
  if (!file) throw Error(fmt::format("cannot write {}; give another name to -o", to));
  file << page;
  if (!file.flush()) throw Error(fmt::format("cannot write all of {}; is the disk full?", to));
  std::cout << fmt::format("{}: open it in any browser\n", to);
  return 0;
}

}  // namespace

Command report_command() {
  return {"report", "FILE [-o FILE.html]",
          "make a page of a run that was recorded (train_imagenet --record FILE)", run};
}

}  // namespace forebay
