// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "percentiles.h"

namespace synward::lab {

/// What the programs print of the times of those tries that succeeded; null where a percentile lies
/// among the others. Sorts `times`.
inline nlohmann::ordered_json percentiles(std::vector<double>& times, std::uint64_t tries) {
    std::sort(times.begin(), times.end());
    nlohmann::ordered_json json;
    for (const auto& [name, part] : {std::pair{"p50", 0.50}, {"p99", 0.99}, {"max", 1.0}}) {
        const auto value = percentile(times, tries, part);
        json[name] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
    }
    return json;
}

}  // namespace synward::lab
