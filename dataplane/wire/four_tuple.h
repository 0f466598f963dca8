// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/address.h"

namespace synward::wire {

/// The two sides of the box. `kOutside` is towards clients and attackers, `kInside` towards
/// servers.
enum class Side : std::uint8_t { kOutside, kInside };
/// As it is called wherever a reader meets it: logs, counters, flows, explanations.
constexpr const char* name(Side side) {
    return side == Side::kOutside ? "outside" : "inside";
}
constexpr Side opposite(Side side) {
    return side == Side::kOutside ? Side::kInside : Side::kOutside;
}

/// Stores what belongs to the source and to the destination of a packet that comes from the side
/// `from` by the sides of the box on which they lie.
template <typename Value>
void orient(Side from, Value source, Value destination, Value& outside, Value& inside) {
    const bool from_outside = from == Side::kOutside;
    outside = from_outside ? source : destination;
    inside = from_outside ? destination : source;
}

/// A connection's addresses and ports by the side of the box on which each lies, so that both
/// directions give the same value. Ports in host byte order.
struct FourTuple {
    Address outside_address;
    Address inside_address;
    std::uint16_t outside_port = 0;
    std::uint16_t inside_port = 0;

    friend bool operator==(const FourTuple&, const FourTuple&) = default;
};
static_assert(sizeof(FourTuple) == 36);

}  // namespace synward::wire
