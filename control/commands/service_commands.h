// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/running.h"

namespace synward::control {

/// "services": a row for each service, with what is left of its budget; "server_options": a row for
/// each server address of which something was heard.
void add_service_commands(Commands& commands, const Running& running);

}  // namespace synward::control
