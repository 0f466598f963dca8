// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/segment.h"
#include "wire/tcp_options.h"

namespace synward::wire {

/// What the headers of a segment to be written say besides its addresses and ports. Values in host
/// byte order.
struct TcpFields {
    SequenceNumber sequence{};
    SequenceNumber acknowledgment{};
    std::uint16_t window = 0;  ///< as in the header, not scaled
    std::uint8_t flags = 0;
    std::uint8_t traffic_class = 0;  ///< DSCP and ECN, of IPv4 and IPv6 alike (RFC 2474, RFC 3168)
};

enum class Direction : std::uint8_t {
    kSame,      ///< on the way of the frame it is made from
    kOpposite,  ///< back to where that frame came from
};

/// The longest frame that write_segment makes: Ethernet, two tags, IPv6, TCP with 40 option bytes.
inline constexpr unsigned kMaximumBareFrame = 14 + 8 + 40 + 60;

/// Writes over `frame`, whose headers `segment` describes, a segment without data: same Ethernet
/// and VLAN tags, a plain IP header (no IP options, no extension headers, fresh time to live, don't
/// fragment, no flow label), TCP with `fields` and `options` (a text already padded to a multiple
/// of four, at most 40 bytes, outside `frame`). Ethernet addresses are kept or exchanged by
/// `direction`; IP addresses and ports are those of `segment.tuple`, from the side that
/// `segment.from` and `direction` tell. IP and TCP checksums are set. `frame` has room for
/// kMaximumBareFrame bytes.
///
/// Returns the new frame's length (not padded to Ethernet's minimum).
std::uint32_t write_segment(std::span<std::uint8_t> frame, const Segment& segment,
                            Direction direction, const TcpFields& fields,
                            std::span<const std::uint8_t> options);
/// The same with `options` as write_handshake_options() writes them.
std::uint32_t write_segment(std::span<std::uint8_t> frame, const Segment& segment,
                            Direction direction, const TcpFields& fields,
                            const HandshakeOptions& options = {});

}  // namespace synward::wire
