#pragma once

// Sockets that wait for clients, as descriptors that are closed when another program is started.

#include <cstdint>
#include <string>

namespace forebay::detail {

/// A Unix socket at `path`, mode 0600, in place of any file there. Throws `Error`.
int listen_at_path(const std::string& path);

/// Which clients a TCP socket may have.
enum class Reach : std::uint8_t { kThisMachine, kAnyMachine };

/// A TCP socket that waits.
struct TcpListener {
  int descriptor = -1;     // of whoever takes it
  std::string host;        // as it was resolved: "127.0.0.1", "[::1]"
  std::uint16_t port = 0;  // never 0
};

/// Waits at `port` of `host`, a name or a number; port 0: at any that is free. Throws `Error`:
/// there is no such host on this machine, the port is taken, other machines would reach it while
/// `allowed` is kThisMachine.
TcpListener listen_at_port(const std::string& host, std::uint16_t port, Reach allowed);

}  // namespace forebay::detail
