// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace synward::control {

/// One thing that synward's doctor looked at.
struct Finding {
    enum class Level : std::uint8_t { kPass, kWarn, kFail };
    Level level = Level::kPass;
    std::string subject;  ///< what was looked at: 'huge pages', 'device 0000:3b:00.0'
    std::string text;     ///< how it is
    std::string remedy;   ///< what to do about it, as a command where one will do; empty: nothing
};

using Findings = std::vector<Finding>;

}  // namespace synward::control
