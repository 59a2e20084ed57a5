#pragma once

// Facts about Unix sockets that Boost.Asio does not tell.

#include <sys/types.h>

#include <optional>
#include <string>

namespace forebay::detail {

/// The user at the other end of a connected socket.
std::optional<uid_t> user_at(int descriptor) noexcept;

void close_on_exec(int descriptor) noexcept;

/// Whether nobody listens at the socket at `path` any more: its process died without removing it.
bool is_stale(const std::string& path);

}  // namespace forebay::detail
