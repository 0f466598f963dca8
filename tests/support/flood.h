// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "flood/packet_factory.h"
#include "support/ring_box.h"

namespace synward::test {

/// A flood of the service of policy_with(), IPv4 and IPv6.
inline synward::flood::FloodSpecification flood_of(synward::flood::FloodKind kind) {
    return {.kind = kind,
            .destinations = {*wire::Address::parse("198.51.100.2"),
                             *wire::Address::parse("2001:db8:1::2")}};
}

/// Puts in the next `count` segments of `factory`, at most as many as the box's rings have room
/// for.
inline void inject_flood(RingBox& box, synward::flood::PacketFactory& factory,
                         std::uint32_t count) {
    Bytes frame(factory.maximum_length());
    for (std::uint32_t sent = 0; sent < count; ++sent) {
        const std::uint32_t length = factory.write_next(frame);
        if (!box.try_inject(wire::Side::kOutside, std::span{frame}.first(length))) {
            throw std::runtime_error{"no room for the flood"};
        }
    }
}

/// Sends `count` spoofed segments of `kind` and takes what comes of them; `left(side, frame)` sees
/// every frame.
template <typename Left>
void flood(RingBox& box, synward::flood::FloodKind kind, std::uint32_t count, Left&& left) {
    constexpr std::uint32_t kAtOnce = 2048;
    synward::flood::PacketFactory factory{flood_of(kind)};
    for (std::uint32_t sent = 0; sent < count; sent += kAtOnce) {
        inject_flood(box, factory, std::min(kAtOnce, count - sent));
        box.run();
        for (const wire::Side side : {wire::Side::kOutside, wire::Side::kInside}) {
            for (const Bytes& out : box.take(side)) {
                left(side, out);
            }
        }
    }
}

inline void flood(RingBox& box, synward::flood::FloodKind kind, std::uint32_t count) {
    flood(box, kind, count, [](wire::Side, const Bytes&) {});
}

}  // namespace synward::test
