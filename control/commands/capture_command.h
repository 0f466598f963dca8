// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/command.h"
#include "control/event_loop.h"
#include "control/running.h"

namespace synward::control {

/// "capture": copies of packets as rows, with the reason of each, until so many have come or so
/// much time has passed; the first row names the ports. One at a time. `loop` and `running` outlive
/// the commands.
void add_capture_command(Commands& commands, EventLoop& loop, const Running& running);

}  // namespace synward::control
