// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace synward::control::ctl {

/// What `top` knows at one moment: answers as they came.
struct TopSample {
    nlohmann::ordered_json status;
    nlohmann::ordered_json counters;
    std::vector<nlohmann::ordered_json> services;
};

/// One screen of `top`: at most `rows` lines of at most `columns` characters, without escapes.
/// Rates are those between the two samples.
std::string top_screen(const TopSample& now, const TopSample& before, std::size_t columns,
                       std::size_t rows);

}  // namespace synward::control::ctl
