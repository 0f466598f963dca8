// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>

#include "flood/options.h"
#include "flood/report.h"

namespace synward::flood {

/// Writes the flood to the file `options.write`, its time stamps from zero on and spaced by the
/// rate (one microsecond where there is none). Ends early when `stop` becomes true. Throws
/// std::system_error when the file cannot be written.
Report write_capture(const Options& options, const std::atomic<bool>& stop);

}  // namespace synward::flood
