// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/configuration.h"
#include "worker/engine.h"

namespace synward::control {

/// What the policy file says of the engine, as far as it is known before DPDK starts. The links
/// are there, without ports.
worker::EngineSettings settings_of(const config::Configuration& configuration);

/// The rest, once DPDK has started: the links' ports, and whether workers or devices steer. Throws
/// std::runtime_error where there is no such device, or it cannot steer as the policy asks.
void add_devices(worker::EngineSettings& settings, const config::Configuration& configuration);

}  // namespace synward::control
