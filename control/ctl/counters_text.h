// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace synward::control::ctl {

/// What of the counters is wanted.
struct CountersView {
    bool all = false;     ///< what never occurred as well
    int worker = -1;      ///< of this one alone; -1: of all
    std::string service;  ///< of this one alone; empty: of all
};

/// The answer `now` to "counters" as lines for people; with rates where there is one of `before`
/// (else it is empty). Throws Refused where there is no such worker or service.
std::string counters_text(const nlohmann::ordered_json& now, const nlohmann::ordered_json& before,
                          const CountersView& view);

}  // namespace synward::control::ctl
