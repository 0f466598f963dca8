// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include "tcp/cookie.h"

namespace synward::tcp {

using wire::SequenceNumber;

inline constexpr Secret kMaster{'c', 'o', 'o', 'k', 'i', 'e', 's'};
inline constexpr Block kTuple{0x0123456789abcdef, 0xfedcba9876543210};
inline constexpr SequenceNumber kClientIsn{0xfffffff0};
inline constexpr ClientOptions kOptions{.mss = 1440, .window_scale = 8, .sack = true, .ecn = false};
inline constexpr Epoch kNow = 1000;

/// The TSecr with which the client redeems `cookie`.
inline std::optional<std::uint32_t> echo_of(const Cookie& cookie, bool timestamps) {
    return timestamps ? std::optional{cookie.timestamp_value} : std::nullopt;
}

}  // namespace synward::tcp
