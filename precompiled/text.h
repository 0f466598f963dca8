// SPDX-License-Identifier: BSD-3-Clause
//
// The same for what faces the operator.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "standard.h"
