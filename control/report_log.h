// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/report.h"

namespace synward::control {

/// Writes a report to the log: one line with the sums, and of the reasons those that occurred.
/// Control thread.
void log_report(const Report& report);

}  // namespace synward::control
