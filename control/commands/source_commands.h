// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/running.h"

namespace synward::control {

/// "sources": a row for each source, of each worker, that has connections or is over a limit.
void add_source_commands(Commands& commands, const Running& running);

}  // namespace synward::control
