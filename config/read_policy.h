// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/configuration.h"
#include "config/diagnostic.h"
#include "config/section.h"

namespace synward::config {

/// Reads the one document of a policy file. The result is good only if `errors` stayed empty.
Configuration read_policy(const Element& document, Errors& errors);

}  // namespace synward::config
