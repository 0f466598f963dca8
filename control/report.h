// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "control/service_sample.h"
#include "worker/counters.h"

namespace synward::control {

/// What one device counted itself.
struct PortReport {
    std::string link;
    std::string side;  ///< "outside" or "inside"
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t missed = 0;  ///< arrived while the device had no room: the box never saw them
};

/// The state of a run at one moment.
struct Report {
    std::chrono::duration<double> running_time{};
    worker::Totals totals;
    std::vector<worker::Totals> workers;
    std::vector<PortReport> ports;
    std::vector<ServiceSample> services;
    std::uint64_t flows = 0;
};

/// A table for people: every reason that occurred, by disposition, with a check that the sum is
/// right.
std::string text_of(const Report& report);
/// The same for programs: one JSON object, every reason named, zeros included.
nlohmann::ordered_json object_of(const Report& report);
std::string json_of(const Report& report);

}  // namespace synward::control
