// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "transfer/options.h"

namespace synward::lab {

/// Answers every exchange until the process ends. Throws std::system_error where it cannot listen.
[[noreturn]] void serve(const Options& options);

}  // namespace synward::lab
