#include <forebay/graph/inspect/listen.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

constexpr int kMostWaiting = 64;

// Closed unless it is released.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number < 0) throw system_error("socket", errno);
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;  // owns the number
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

void check(int result, const char* what) {
  if (result != 0) throw system_error(what, errno);
}

int make_socket(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) throw Error("the path is too long for a socket");
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  check(bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
        "bind");
  check(chmod(path.c_str(), 0600), "chmod");
  check(listen(descriptor.get(), kMostWaiting), "listen");
  return descriptor.release();
}

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return address.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> resolve(const std::string& host,
                                                           std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (error != 0) throw Error("there is no host '" + host + "': " + gai_strerror(error));
  return {found, freeaddrinfo};
}

// Of a name's addresses, IPv4 before IPv6: what "localhost" means to most programs.
const addrinfo& preferred(const addrinfo& first) {
  for (const addrinfo* each = &first; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) return *each;
  }
  return first;
}

TcpListener described(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  check(getsockname(descriptor, any, &size), "getsockname");
  char host[NI_MAXHOST], port[NI_MAXSERV];
  getnameinfo(any, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  std::string numbers = host;
  if (address.ss_family == AF_INET6) numbers.insert(0, 1, '[').append(1, ']');
  return {descriptor, numbers, static_cast<std::uint16_t>(std::stoi(port))};
}

}  // namespace

// Under another name until somebody listens: who cleans up takes a socket without for a dead one.
int listen_at_path(const std::string& path) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  try {
    Descriptor descriptor(make_socket(fresh));
    check(rename(fresh.c_str(), path.c_str()), "rename");
    return descriptor.release();
  } catch (const std::exception& error) {
    unlink(fresh.c_str());
    throw Error("cannot make the socket " + path + ": " + error.what());
  }
}

TcpListener listen_at_port(const std::string& host, std::uint16_t port, Reach allowed) {
  const auto found = resolve(host, port);
  const addrinfo& place = preferred(*found);
  const std::string where =
      (host.find(':') == host.npos ? host : '[' + host + ']') + ":" + std::to_string(port);
  if (allowed == Reach::kThisMachine && !is_loopback(*place.ai_addr)) {
    throw Error("other machines can reach " + where + ", so it needs a token");
  }
  try {
    Descriptor descriptor(socket(place.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;  // a port whose last user ended a minute ago is free
    check(setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    check(bind(descriptor.get(), place.ai_addr, place.ai_addrlen), "bind");
    check(listen(descriptor.get(), kMostWaiting), "listen");
    const TcpListener listener = described(descriptor.get());
    descriptor.release();
    return listener;
  } catch (const Error& error) {
    throw Error("cannot listen at " + where + ": " + error.what() +
                "; give another port, or 0 for any that is free");
  }
}

}  // namespace forebay::detail
