// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/running.h"

namespace synward::control {

/// "flows": a row for each connection that fits; "flow_show" and "flow_kill": one connection.
void add_flow_commands(Commands& commands, const Running& running);

}  // namespace synward::control
