// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/configuration.h"
#include "worker/engine.h"

namespace synward::control {

/// What the policy file says of the engine; the links' ports and the steering are known only when
/// DPDK has started.
worker::EngineSettings settings_of(const config::Configuration& configuration);

}  // namespace synward::control
