// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace synward::control {

/// As policies have them, in the order of defense::Challenge.
inline constexpr std::array<std::string_view, 4> kChallengeWords{"always", "over-budget", "never",
                                                                 "monitor"};

}  // namespace synward::control
