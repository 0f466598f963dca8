// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "impair/impairment.h"

namespace synward::impair {

/// One line: {"to_right": {...}, "to_left": {...}}.
std::string as_json(const Counts& to_right, const Counts& to_left);

}  // namespace synward::impair
