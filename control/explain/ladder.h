// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "control/explain/explanation.h"

namespace synward::control::explain {

/// For people: a ladder diagram of each connection, client on the left, box in the middle, server
/// on the right; then how often each reason was given and what it means. ASCII, 140 columns.
std::string ladders_of(const Outcome& outcome);

/// For programs: the same as one JSON object.
std::string json_of(const Outcome& outcome);

}  // namespace synward::control::explain
