#pragma once

// Where a process can be asked about its graphs: one Unix socket, there from its first run on.

#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/inspect/registry.hpp>

namespace forebay::detail {

/// The folders that sockets of this user may be in, the one to prefer first: one in
/// XDG_RUNTIME_DIR, where that is the user's own, and /tmp/forebay-<user number>.
std::vector<std::string> socket_folders();

/// Throws `Error` where `folder` is another user's or no folder. Others get no access to it.
void check_folder(const std::string& folder);

/// The sockets in all of them; those of dead processes are removed.
std::vector<std::string> live_sockets();

/// Begins to serve `process_registry()` at <folder>/<pid>.sock, unless that was tried before or the
/// environment says FOREBAY_INSPECT=0. The socket goes when the process ends. Where it cannot be
/// made, a warning on stderr says why, and nothing else happens. So also the web page, where
/// FOREBAY_INSPECT_HTTP asks for it. Any thread.
void serve_this_process() noexcept;

/// A graph that inspectors can ask while this lives.
class Registration {
 public:
  explicit Registration(Inspected graph) : run_(process_registry().enter(std::move(graph))) {
    serve_this_process();
  }
  ~Registration() { process_registry().leave(run_); }
  Registration(const Registration&) = delete;  // leaves once

 private:
  std::uint64_t run_;
};

}  // namespace forebay::detail
