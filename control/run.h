// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/configuration.h"

namespace synward::control {

enum class ReportFormat { kText, kJson };

struct RunOptions {
    ReportFormat report = ReportFormat::kText;
    /// Ends the run when nothing has arrived for so long; absent: only a signal ends it.
    std::optional<std::chrono::milliseconds> until_idle;
    /// Reloads the policy by itself when its file changes.
    bool watch = false;
};

/// Runs the box by the policy `file` until SIGINT, SIGTERM or idleness ends it, then prints the
/// closing report on standard output. SIGHUP reloads the file. Returns the exit status. Throws
/// std::runtime_error, with one line for the operator, for what start-up cannot survive.
int run(const config::Configuration& configuration, const std::string& file,
        const RunOptions& options);

}  // namespace synward::control
