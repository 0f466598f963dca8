// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace synward::lab {

/// An IPv4 or IPv6 address and a port, as the socket calls want them.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    sockaddr* get() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }
};

/// Throws std::runtime_error where `text` is no address.
SocketAddress socket_address(const std::string& text, std::uint16_t port);

/// A nonblocking stream socket of the address's family. Throws std::system_error.
int new_socket(const SocketAddress& address);

/// As many open sockets as this process may have.
void allow_many_sockets();

}  // namespace synward::lab
