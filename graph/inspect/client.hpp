#pragma once

// Finding and asking the graphs that run on this machine, from another process of the same user.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/inspect/report.hpp>

namespace forebay {

/// A process that answers.
struct FoundProcess {
  std::string socket;
  ProcessRuns runs;
};

struct FoundProcesses {
  std::vector<FoundProcess> processes;  // by process number
  std::vector<std::string> silent;      // why others do not answer, one line each
};

/// All that answer within a second or two. Removes the sockets of dead processes.
FoundProcesses find_processes();

/// One graph of one process, to be asked again and again.
class Inspector {
 public:
  /// `graph` as for GET /snapshot.json: nullopt for whichever the process runs.
  Inspector(std::string socket, std::optional<std::string> graph)
      : socket_(std::move(socket)), graph_(std::move(graph)) {}

  const std::string& socket() const { return socket_; }
  const std::optional<std::string>& graph() const { return graph_; }

  // Throw `Error`: the process has ended or does not answer, it has no such graph, the setting is
  // unknown or out of range.
  Report report() const;
  void set(const std::string& path, const std::string& value) const;
  /// As `Graph::trace`, as the JSON of a `TraceReport`.
  std::string trace(const std::string& holder, double seconds) const;
  /// The text at an address that takes a graph: "/graph.dot".
  std::string get(const std::string& address) const;

 private:
  std::string socket_;
  std::optional<std::string> graph_;
};

/// The graph that `which` means: a process number, a graph's name or a program's; nullopt where
/// only one process runs. Throws `Error` that lists what there is.
Inspector choose(const FoundProcesses& found, const std::optional<std::string>& which);

}  // namespace forebay
