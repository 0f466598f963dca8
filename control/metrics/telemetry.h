// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>

#include "control/sample.h"

namespace synward::control {

/// The commands under /synward/ of DPDK's telemetry socket, for dpdk-telemetry.py and those that
/// speak its protocol. One in a process; after EAL has started. Does nothing where telemetry is
/// off.
class Telemetry {
  public:
    /// `sample`: figures now, or nothing where they cannot be had in time; any thread.
    explicit Telemetry(std::function<std::optional<Sample>()> sample);
    ~Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
};

}  // namespace synward::control
