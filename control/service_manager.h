// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "control/event_loop.h"

namespace synward::control {

/// What systemd is told of this daemon (sd_notify(3)); nothing where it did not start it. Control
/// thread.
class ServiceManager {
  public:
    explicit ServiceManager(EventLoop& loop) : loop_{loop} {}

    /// Where the unit has a watchdog, feeds it from the loop, twice in its time, as long as
    /// `workers_get_on()` is true.
    void feed_watchdog(std::function<bool()> workers_get_on);

    /// Packets are carried from now on. `status`: a line for people.
    void tell_ready(const std::string& status);
    /// A new policy is being taken up; tell_ready() ends it.
    void tell_reloading();
    void tell_stopping();

  private:
    EventLoop& loop_;
    EventLoop::Watch watchdog_;
};

}  // namespace synward::control
