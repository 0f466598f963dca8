// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "segment.h"
#include "wire/segment.h"

namespace synward::model {

/// A segment on a wire. `bytes` hold its headers and the first of its data; `length` counts those
/// octets behind them, too, that are not kept because they are zero.
struct Frame {
    std::array<std::uint8_t, 128> bytes;
    std::uint16_t kept = 0;
    std::uint32_t length = 0;

    [[nodiscard]] std::span<const std::uint8_t> contiguous() const { return {bytes.data(), kept}; }
};

/// Where the frames of a connection go to and come from.
struct Addresses {
    bool ipv6 = false;
    std::uint16_t client_port = 40'000;
};
inline constexpr std::uint16_t kServerPort = 80;

/// Writes the segment that goes from `from`'s side to the other, by RFC 791, 8200, 9293 and 7323.
Frame write_frame(const Segment& segment, wire::Side from, const Addresses& addresses);

/// Reads it again; nothing where an address, a length or a checksum is not as it must be.
std::optional<Segment> read_frame(const Frame& frame, wire::Side from, const Addresses& addresses);

}  // namespace synward::model
