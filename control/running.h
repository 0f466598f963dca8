// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "control/inquiries.h"
#include "control/report.h"
#include "worker/engine.h"

namespace synward::control {

/// What has become of an attempt to change the policy of a run.
struct PolicyChange {
    std::vector<std::string> errors;   ///< why nothing has changed; none: the policy is in force
    std::vector<std::string> changes;  ///< what differs from before
};

/// A run as the commands at the control socket see it. All of it outlives them.
struct Running {
    /// In force at the time of asking.
    std::function<const config::Configuration&()> configuration;
    std::chrono::system_clock::time_point started;
    std::function<Report()> report;
    Inquiries& inquiries;
    const worker::Engine& engine;  ///< its policy() has the services by the index of flows
    /// Reads the policy file again. Empty: this run cannot.
    std::function<PolicyChange()> reload{};
    /// Has a service's clients challenged otherwise until the next reload. Empty: this run cannot.
    std::function<PolicyChange(std::string_view service, defense::Challenge)> challenge{};
};

}  // namespace synward::control
