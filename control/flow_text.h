// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "flow/flow.h"
#include "tcp/time.h"

namespace synward::control {

/// What a listing says of a flow, with what is not in the flow itself.
struct FlowContext {
    std::string_view service;  ///< its name
    std::size_t worker = 0;
    tcp::Time now;  ///< when the flow was as it is here
};

/// "half_open", "connecting" or "open".
std::string_view name(flow::Phase phase);

/// Seconds until the flow is forgotten if nothing more comes; below zero: it is overdue.
double seconds_left(const flow::Flow& flow, tcp::Time now);

/// Appends a JSON object: both ends with their states, phase, service, age. By hand, as a listing
/// may have millions of them.
void append_row(std::string& text, const flow::Flow& flow, const FlowContext& context);

/// All that is known of a flow.
nlohmann::ordered_json details_of(const flow::Flow& flow, const FlowContext& context);

}  // namespace synward::control
