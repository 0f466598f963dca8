// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/configuration.h"
#include "control/doctor/finding.h"

namespace synward::control {

/// Looks at this machine for what would make a run with `configuration` fail or slow. Changes
/// nothing and starts nothing.
Findings examine_machine(const config::Configuration& configuration);

/// For people: a line for each finding, and what to do under it.
std::string text_of(const Findings& findings);
/// For programs: a list of objects with level, subject, text and remedy.
std::string json_of(const Findings& findings);

/// Whether nothing stands in the way of a run.
bool none_fails(const Findings& findings);

}  // namespace synward::control
