// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>

#include "flood/options.h"
#include "flood/port.h"
#include "flood/report.h"

namespace synward::flood {

/// Sends the flood of `options` on `port` until its time or count is over or `stop` becomes true.
Report send_flood(Port& port, Options options, const std::atomic<bool>& stop);

}  // namespace synward::flood
