// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string_view>

#include "wire/reason.h"

namespace synward::control {

/// What metrics call it.
constexpr std::string_view name(wire::Disposition disposition) {
    constexpr std::array<std::string_view, 5> kNames{"forwarded", "answered", "held", "dropped",
                                                     "originated"};
    return kNames[static_cast<std::size_t>(disposition)];
}

}  // namespace synward::control
