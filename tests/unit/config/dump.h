// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/configuration.h"

namespace synward::config {

/// Every field of a configuration as "name value" lines, to compare two of them.
std::string dump(const Configuration& configuration);

}  // namespace synward::config
