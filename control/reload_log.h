// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "control/reload.h"

namespace synward::control {

/// Writes to the log what has become of the reload of `file`: a line for each key that has changed,
/// or for each error with its place, and one that says how it ended. Never suppressed, as an
/// operator waits for it. Control thread.
void log_reload(const ReloadResult& result, const std::string& file);

}  // namespace synward::control
