// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string_view>

#include "wire/reason.h"

namespace synward::control {

inline constexpr std::array<wire::Disposition, 5> kDispositions{
    wire::Disposition::kForwarded, wire::Disposition::kAnswered, wire::Disposition::kHeld,
    wire::Disposition::kDropped, wire::Disposition::kOriginated};

/// What metrics, reports and the log call it.
constexpr std::string_view name(wire::Disposition disposition) {
    constexpr std::array<std::string_view, 5> kNames{"forwarded", "answered", "held", "dropped",
                                                     "originated"};
    return kNames[static_cast<std::size_t>(disposition)];
}

}  // namespace synward::control
