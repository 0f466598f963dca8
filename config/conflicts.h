// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/section.h"

namespace synward::config {

// Checks of values that are good by themselves and do not go together. Each error stands at the
// later value and names the place of the earlier one.

/// What a service claims as its own; without ports, all of them.
struct Claim {
    std::vector<Placed<wire::Prefix>> addresses;
    std::vector<Placed<Range>> ports;
};

/// No two of `values` are the same; empty ones are left out.
void require_unique(const std::vector<Placed<std::string>>& values, const std::string& expected,
                    Errors& errors);

/// No two of `ranges` overlap.
void require_disjoint(const std::vector<Placed<Range>>& ranges, const std::string& expected,
                      Errors& errors);

/// No two claims have a prefix and a port in common, and none has a prefix twice. A prefix inside
/// another is no conflict: the longer one counts.
void require_separate(const std::vector<Claim>& claims, Errors& errors);

}  // namespace synward::config
