// SPDX-License-Identifier: BSD-3-Clause
#include "transfer/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <map>
#include <system_error>

#include "sockets.h"
#include "transfer/exchange.h"
#include "transfer/poll.h"

namespace synward::lab {

void serve(const Options& options) {
    SocketAddress address = socket_address(options.address, options.port);
    const int listener = new_socket(address);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, address.get(), address.length) != 0 || listen(listener, 4096) != 0) {
        throw std::system_error(errno, std::generic_category(), "listen");
    }
    const Poll poll;
    poll.watch(listener, EPOLLIN, true);
    std::map<int, Exchange> exchanges;
    const auto go_on = [&](int socket, Exchange& exchange) {
        try {
            if (!exchange.go_on()) {
                return poll.watch(socket, exchange.awaits());
            }
        } catch (const Failure&) {  // the client sees it
        }
        exchanges.erase(socket);
    };
    while (true) {
        poll.wait(-1, [&](int ready) {
            if (ready != listener) {
                return go_on(ready, exchanges.at(ready));
            }
            const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket >= 0) {
                poll.watch(socket, EPOLLIN, true);
                go_on(socket, exchanges.try_emplace(socket, socket, false, options).first->second);
            }
        });
    }
}

}  // namespace synward::lab
