// SPDX-License-Identifier: BSD-3-Clause
#include "control/service_manager.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>
#include <utility>

namespace synward::control {

void ServiceManager::feed_watchdog(std::function<bool()> workers_get_on) {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0) {
        watchdog_ = loop_.every(std::chrono::microseconds{microseconds / 2},
                                [workers_get_on = std::move(workers_get_on)] {
                                    if (workers_get_on()) {
                                        sd_notify(0, "WATCHDOG=1");
                                    }
                                });
    }
}

void ServiceManager::tell_ready(const std::string& status) {
    sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void ServiceManager::tell_reloading() {
    sd_notify(0, "RELOADING=1");
}

void ServiceManager::tell_stopping() {
    sd_notify(0, "STOPPING=1");
}

}  // namespace synward::control
