// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/configuration.h"
#include "control/explain/explanation.h"

namespace synward::control::explain {

/// Replays the capture at `path` through a box with this configuration, with the capture's time and
/// a fixed secret. Needs DPDK's environment with at least what Replay::eal_arguments() asks for;
/// `longest_frame` as it was given there. Throws std::runtime_error.
Outcome explain(const config::Configuration& configuration, const std::string& path,
                const Choices& choices, std::uint32_t longest_frame);

/// The longest frame of the capture on the wire, in bytes.
std::uint32_t longest_frame_of(const std::string& path);

/// `synward explain`: starts DPDK, and prints to the standard output. Returns the exit status.
int run(const config::Configuration& configuration, const std::string& path, const Choices& choices,
        bool as_json);

}  // namespace synward::control::explain
