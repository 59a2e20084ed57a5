#include <forebay/graph/inspect/routes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

using testing::HasSubstr;

class Routes : public testing::Test {
 protected:
  Routes() {
    registry_.enter({"g",
                     [] {
                       GraphSnapshot snapshot;
                       snapshot.name = std::string("g");
                       return snapshot;
                     },
                     [this](std::string_view path, std::string_view value) {
                       if (value == "0") throw Error("give 1 or more");
                       set_.assign(path).append("=").append(value);
                     },
                     [this](const std::string& holder, double seconds) {
                       if (holder == "late") throw Error("it is being traced");
                       traced_ = holder + " " + std::to_string(seconds);
                       return Trace{"g", {}, {}, {}, 0};
                     }});
  }
  HttpResponse get(const std::string& target) {
    HttpRequest request;
    request.method = "GET";
    read_target(target, request);
    return answer(registry_, request);
  }
  HttpResponse post(const std::string& body, const std::string& path = "/set") {
    return answer(registry_, {"POST", path, {}, body});
  }

  Registry registry_;
  std::string set_, traced_;
};

TEST_F(Routes, ListGraphs) {
  const HttpResponse response = get("/graphs");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(runs_from_json(response.body).runs.at(0).name, "g");
}

TEST_F(Routes, GiveASnapshotOfTheGraphAskedFor) {
  EXPECT_EQ(report_from_json(get("/snapshot.json").body).graph.name, "g");
  EXPECT_EQ(report_from_json(get("/snapshot.json?graph=g").body).graph.name, "g");
  const HttpResponse none = get("/snapshot.json?graph=h%22");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr(R"({"error":"no graph 'h\"' runs in process)"));
}

TEST_F(Routes, ChangeSettings) {
  EXPECT_EQ(post(R"({"path": "a.queue", "value": "3"})").status, 200);
  EXPECT_EQ(set_, "a.queue=3");
  EXPECT_EQ(post(R"({"graph": "g", "path": "a.queue", "value": "4"})").status, 200);
  EXPECT_EQ(set_, "a.queue=4");
}

TEST_F(Routes, SayWhatIsWrongWithASetting) {
  const HttpResponse refused = post(R"({"path": "a.queue", "value": "0"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"error":"give 1 or more"})");
  for (const char* body : {"", "[]", "{", R"({"path": "a.queue"})", R"({"path": 1, "value": "3"})",
                           R"({"graph": 1, "path": "a", "value": "3"})"}) {
    EXPECT_EQ(post(body).status, 400) << body;
  }
  EXPECT_EQ(set_, "");
}

TEST_F(Routes, Trace) {
  const HttpResponse response = post(R"({"holder": "me", "seconds": 1})", "/trace");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(trace_from_json(response.body).trace.graph, "g");
  EXPECT_EQ(traced_, "me 1.000000");
  const HttpResponse refused = post(R"({"holder": "late", "seconds": 1})", "/trace");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"error":"it is being traced"})");
}

TEST_F(Routes, RefuseToTraceForLongOrForNobody) {
  for (const char* body : {"", "[]", R"({"seconds": 1})", R"({"holder": "me", "seconds": 11})",
                           R"({"holder": "me", "seconds": -1})", R"({"holder": "me"})",
                           R"({"holder": 5, "seconds": 1})"}) {
    EXPECT_EQ(post(body, "/trace").status, 400) << body;
  }
  EXPECT_EQ(traced_, "");
}

TEST_F(Routes, NameTheAddressesThereAre) {
  const HttpResponse response = get("/nothing");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("there is no /nothing; there are GET /graphs, "));
  EXPECT_EQ(get("/set").status, 405);
}

}  // namespace
}  // namespace forebay::detail
