// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/sequence_number.h"

namespace synward::defense {

/// Eight bits of `first`, the client's ISN plus one, by which a flow knows a late duplicate of the
/// ACK that redeemed its cookie. Not of the acknowledgment number: without timestamps its
/// neighbours are good cookies too.
inline std::uint16_t cookie_mark(wire::SequenceNumber first) {
    const std::uint32_t number = first.value();
    return static_cast<std::uint16_t>(
        (number ^ (number >> 8U) ^ (number >> 16U) ^ (number >> 24U)) & 0xffU);
}

}  // namespace synward::defense
