#include <forebay/graph/inspect/client.hpp>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/endpoint.hpp>
#include <forebay/graph/inspect/http.hpp>

namespace forebay {
namespace {

using Json = nlohmann::json;

std::string user_name(uid_t user) {
  const passwd* entry = getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

std::string checked(const detail::HttpResponse& response) {
  if (response.status == 200) return response.body;
  const Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    throw Error(json["error"].get<std::string>());
  }
  throw Error("it answers with status " + std::to_string(response.status) + ": " + response.body);
}

std::string post(const std::string& socket, const std::string& address,
                 const std::optional<std::string>& graph, Json body) {
  if (graph) body["graph"] = *graph;
  const auto replace = Json::error_handler_t::replace;
  return checked(detail::http_request(socket, "POST", address, body.dump(-1, ' ', false, replace)));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string described(const FoundProcess& found) {
  std::string text = std::to_string(found.runs.process.pid) + " (";
  for (std::size_t i = 0; i < found.runs.runs.size(); ++i) {
    text += (i > 0 ? ", " : "") + found.runs.runs[i].name;
  }
  return text + ")";
}

std::string described(const std::vector<const FoundProcess*>& processes) {
  std::string text;
  for (const FoundProcess* each : processes) text += (text.empty() ? "" : ", ") + described(*each);
  return text;
}

[[noreturn]] void refuse_process(const std::string& number, const FoundProcesses& found) {
  struct stat status {};
  if (stat(("/proc/" + number).c_str(), &status) != 0) {
    throw Error("there is no process " + number);
  }
  if (status.st_uid != geteuid()) {
    throw Error("process " + number + " is of user " + user_name(status.st_uid) +
                "; give the command as that user");
  }
  for (const std::string& line : found.silent) {
    if (line.find("/" + number + ".sock") != line.npos) throw Error(line);
  }
  throw Error("process " + number +
              " has no graph to show: it has run none yet, or it was started with "
              "FOREBAY_INSPECT=0 or as another kind of program");
}

bool has_graph(const FoundProcess& process, const std::string& name) {
  return std::ranges::any_of(process.runs.runs,
                             [&](const RunFacts& run) { return run.name == name; });
}

}  // namespace

FoundProcesses find_processes() {
  FoundProcesses found;
  for (const std::string& folder : detail::socket_folders()) {
    if (access(folder.c_str(), F_OK) != 0) continue;
    try {
      detail::check_folder(folder);
    } catch (const Error& error) {
      found.silent.emplace_back(error.what());
    }
  }
  for (const std::string& socket : detail::live_sockets()) {
    try {
      const auto response = detail::http_request(socket, "GET", "/graphs");
      found.processes.push_back({socket, runs_from_json(checked(response))});
    } catch (const Error& error) {
      found.silent.emplace_back(error.what());
    }
  }
  std::ranges::sort(found.processes, {}, [](const auto& each) { return each.runs.process.pid; });
  return found;
}

Report Inspector::report() const { return report_from_json(get("/snapshot.json")); }

void Inspector::set(const std::string& path, const std::string& value) const {
  post(socket_, "/set", graph_, {{"path", path}, {"value", value}});
}

std::string Inspector::trace(const std::string& holder, double seconds) const {
  return post(socket_, "/trace", graph_, {{"holder", holder}, {"seconds", seconds}});
}

std::string Inspector::get(const std::string& address) const {
  const std::string query = graph_ ? "?graph=" + detail::escape(*graph_) : "";
  return checked(detail::http_request(socket_, "GET", address + query));
}

Inspector choose(const FoundProcesses& found, const std::optional<std::string>& which) {
  std::vector<const FoundProcess*> all, by_graph, by_program;
  for (const FoundProcess& each : found.processes) {
    all.push_back(&each);
    if (!which) continue;
    if (std::to_string(each.runs.process.pid) == *which) return {each.socket, std::nullopt};
    if (each.runs.process.program == *which) {
      by_program.push_back(&each);
    } else if (has_graph(each, *which)) {
      by_graph.push_back(&each);
    }
  }
  if (which && is_number(*which) && by_graph.empty() && by_program.empty()) {
    refuse_process(*which, found);
  }
  const std::string who = "of user " + user_name(geteuid());
  if (all.empty()) {
    std::string why;
    for (const std::string& line : found.silent) why += "\n  " + line;
    throw Error("no process " + who + " runs a graph" + (why.empty() ? "" : ", or:" + why));
  }
  if (!which) {
    if (all.size() == 1) return {all[0]->socket, std::nullopt};
    throw Error("several processes run graphs; give one of the numbers " + described(all));
  }
  // Named by its program, a process is followed from graph to graph.
  std::vector<const FoundProcess*> matches = by_program;
  matches.insert(matches.end(), by_graph.begin(), by_graph.end());
  if (matches.empty()) {
    throw Error("no graph or program '" + *which + "' " + who + "; there are " + described(all));
  }
  if (matches.size() > 1) {
    throw Error("several processes run '" + *which + "'; give one of the numbers " +
                described(matches));
  }
  return {matches[0]->socket, by_program.empty() ? which : std::nullopt};
}

}  // namespace forebay
