// SPDX-License-Identifier: BSD-3-Clause
//
// Of what writes texts.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "standard.h"
