// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/running.h"

namespace synward::control {

/// "status": what runs, since when, with how much to do; "counters": what became of every packet.
void add_report_commands(Commands& commands, const Running& running);

}  // namespace synward::control
