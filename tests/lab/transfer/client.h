// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "transfer/options.h"

namespace synward::lab {

/// Runs all connections, some at a time; how they fared. Throws std::exception where it cannot
/// begin.
nlohmann::ordered_json run_client(const Options& options);

}  // namespace synward::lab
