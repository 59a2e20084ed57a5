#include <forebay/graph/inspect/routes.hpp>

#include <nlohmann/json.hpp>

#include <functional>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/metrics.hpp>
#include <forebay/graph/inspect/picture.hpp>

namespace forebay::detail {
namespace {

using Json = nlohmann::json;

constexpr double kMostTraceSeconds = 10;  // at once; who wants more asks again

struct Route {
  const char* method;
  const char* path;
  std::function<HttpResponse(Registry&, const HttpRequest&)> answer;
};

std::optional<std::string> graph_of(const HttpRequest& request) {
  const auto found = request.query.find("graph");
  return found == request.query.end() ? std::nullopt : std::optional(found->second);
}

// The answer to a question about one graph; `write` gets its report.
template <typename Write>
HttpResponse about_graph(Registry& registry, const HttpRequest& request, const char* type,
                         const Write& write) {
  try {
    return {200, type, write(registry.report(graph_of(request)))};
  } catch (const Error& error) {
    return refusal(404, error.what());
  }
}

HttpResponse list(Registry& registry, const HttpRequest&) {
  return {200, "application/json", to_json(registry.runs())};
}

HttpResponse snapshot(Registry& registry, const HttpRequest& request) {
  return about_graph(registry, request, "application/json",
                     [](const Report& report) { return to_json(report); });
}

HttpResponse dot(Registry& registry, const HttpRequest& request) {
  return about_graph(registry, request, "text/vnd.graphviz; charset=utf-8",
                     [](const Report& report) { return to_dot(report.graph); });
}

HttpResponse svg(Registry& registry, const HttpRequest& request) {
  return about_graph(registry, request, "image/svg+xml",
                     [](const Report& report) { return to_svg(report.graph); });
}

HttpResponse metrics_text(Registry& registry, const HttpRequest&) {
  return {200, kMetricsType, metrics(registry)};
}

HttpResponse set(Registry& registry, const HttpRequest& request) {
  std::optional<std::string> graph;
  std::string path, value;
  try {
    const Json json = Json::parse(request.body);
    if (json.contains("graph")) graph = json.at("graph").get<std::string>();
    path = json.at("path").get<std::string>();
    value = json.at("value").get<std::string>();
  } catch (const Json::exception&) {
    return refusal(400, R"(the body is not {"path": "decode.concurrency", "value": "8"})");
  }
  try {
    registry.set(graph, path, value);
  } catch (const Error& error) {
    return refusal(400, error.what());
  }
  return {200, "application/json", "{}"};
}

HttpResponse trace(Registry& registry, const HttpRequest& request) {
  std::optional<std::string> graph;
  std::string holder;
  double seconds = -1;
  try {
    const Json json = Json::parse(request.body);
    if (json.contains("graph")) graph = json.at("graph").get<std::string>();
    holder = json.at("holder").get<std::string>();
    seconds = json.at("seconds").get<double>();
  } catch (const Json::exception&) {  // refused below
  }
  if (!(seconds >= 0 && seconds <= kMostTraceSeconds)) {
    return refusal(400, R"(the body is not {"holder": "me", "seconds": 1}, 0 to 10 seconds)");
  }
  try {
    return {200, "application/json", to_json(registry.trace(graph, holder, seconds))};
  } catch (const Error& error) {
    return refusal(400, error.what());
  }
}

const Route kRoutes[] = {
    {"GET", "/graphs", list},   {"GET", "/snapshot.json", snapshot}, {"GET", "/graph.dot", dot},
    {"GET", "/graph.svg", svg}, {"GET", "/metrics", metrics_text},   {"POST", "/set", set},
    {"POST", "/trace", trace},
};

}  // namespace

HttpResponse refusal(int status, const std::string& why) {
  const auto replace = Json::error_handler_t::replace;
  return {status, "application/json", Json{{"error", why}}.dump(-1, ' ', false, replace)};
}

HttpResponse answer(Registry& registry, const HttpRequest& request) {
  std::string known;
  for (const Route& route : kRoutes) {
    known += std::string(known.empty() ? "" : ", ") + route.method + " " + route.path;
    if (request.path != route.path) continue;
    if (request.method == route.method) return route.answer(registry, request);
    return refusal(405, request.path + " takes " + route.method + " alone");
  }
  return refusal(404, "there is no " + request.path + "; there are " + known);
}

}  // namespace forebay::detail
