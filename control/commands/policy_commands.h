// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/running.h"

namespace synward::control {

/// "reload": the policy file, read again; "challenge": one service challenged otherwise.
void add_policy_commands(Commands& commands, const Running& running);

}  // namespace synward::control
