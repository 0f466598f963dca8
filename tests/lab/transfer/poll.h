// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace synward::lab {

/// The exchanges under way, by socket.
class Poll {
  public:
    Poll() : descriptor_{epoll_create1(EPOLL_CLOEXEC)} {}
    void watch(int socket, std::uint32_t events, bool is_new = false) const {
        epoll_event event{};
        event.events = events;
        event.data.fd = socket;
        epoll_ctl(descriptor_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    }
    template <typename Ready>
    void wait(int milliseconds, Ready ready) const {
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(descriptor_, events.data(), events.size(), milliseconds);
        for (int i = 0; i < count; ++i) {
            ready(events[static_cast<std::size_t>(i)].data.fd);
        }
    }

  private:
    int descriptor_;
};

}  // namespace synward::lab
