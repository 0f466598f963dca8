// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/configuration.h"
#include "control/command.h"
#include "flow/filter.h"

namespace synward::control {

/// The filter that a request's arguments describe: address, outside, inside (addresses or
/// prefixes), port, outside_port, inside_port, state, phase, service (a name). Throws
/// CommandFailure.
flow::Filter filter_of(const Arguments& arguments, const defense::Policy& policy);

/// The index of the service of this name. Throws CommandFailure.
std::uint16_t service_number(const std::string& service, const defense::Policy& policy);

}  // namespace synward::control
