// forebay set [NAME|PID] NODE.SETTING=VALUE ...: changes a running graph.

#include <iostream>

#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/client.hpp>

namespace forebay {
namespace {

struct Setting {
  std::string path, value;
};

Setting setting_from(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos || equals + 1 == text.size()) {
    throw WrongUse("'" + text + "' is no setting; give NODE.SETTING=VALUE: decode.concurrency=8");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

int run(const std::vector<std::string>& given) {
  constexpr std::size_t kMost = 100;
  const Arguments arguments = read_arguments(given, {}, 1, kMost);
  const bool named = arguments.places[0].find('=') == std::string::npos;
  std::vector<Setting> settings;
  for (std::size_t i = named ? 1 : 0; i < arguments.places.size(); ++i) {
    settings.push_back(setting_from(arguments.places[i]));
  }
  if (settings.empty()) {
    throw WrongUse("there is no setting to change; give NODE.SETTING=VALUE: decode.concurrency=8");
  }
  const Inspector inspector =
      choose(find_processes(), named ? arguments.place(0) : std::optional<std::string>());
  for (const auto& [path, value] : settings) {
    inspector.set(path, value);
    std::cout << path << " is " << value << '\n';
  }
  return 0;
}

}  // namespace

Command set_command() {
  return {"set", "[NAME|PID] NODE.SETTING=VALUE ...",
          "change settings of a running graph's nodes, one after another: decode.concurrency=8",
          run};
}

}  // namespace forebay
