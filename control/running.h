// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>

#include "config/configuration.h"
#include "control/inquiries.h"
#include "control/report.h"
#include "worker/engine.h"

namespace synward::control {

/// A run as the commands at the control socket see it. All of it outlives them.
struct Running {
    const config::Configuration& configuration;  ///< in force at the time of asking
    std::chrono::system_clock::time_point started;
    std::function<Report()> report;
    Inquiries& inquiries;
    const worker::Engine& engine;
};

}  // namespace synward::control
