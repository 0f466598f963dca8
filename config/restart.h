// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/diagnostic.h"

namespace synward::config {

/// An error for each key in which `next` is not as `running`, a configuration that a process runs
/// by, and which takes effect at the start of a process only. `file` and `places` are of `next`.
std::vector<Diagnostic> needing_restart(const Configuration& running, const Configuration& next,
                                        const std::string& file, const Places& places);

}  // namespace synward::config
