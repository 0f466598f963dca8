// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "wire/reason.h"
#include "wire/segment.h"

namespace synward::wire {

/// What parse() found in a frame.
enum class FrameKind : std::uint8_t {
    kNotTcp,     ///< ARP, UDP, ICMP echoes, unknown EtherTypes, ...: crosses untouched
    kTcp,        ///< `segment` is filled
    kFragment,   ///< a fragment of a TCP segment: only the addresses in `segment.tuple` and
                 ///< `segment.from`, `ip_offset` are filled
    kIcmpError,  ///< an ICMP error about a TCP segment: `segment` is filled by what it quotes
    kMalformed,  ///< claims to be TCP and is not well-formed: the addresses are filled where they
                 ///< could be read (else zero), `malformed` says why
};

/// Whether such a frame belongs to one connection, whose owner decides it.
constexpr bool concerns_a_connection(FrameKind kind) {
    return kind == FrameKind::kTcp || kind == FrameKind::kIcmpError;
}

struct ParseResult {
    FrameKind kind = FrameKind::kNotTcp;
    Reason malformed = Reason::kNotTcp;  ///< meaningful for kMalformed alone
};

/// Reads Ethernet, up to two VLAN tags, IPv4 or IPv6 with its extension headers, and TCP or an ICMP
/// error about it.
///
/// `contiguous` is the first piece of the frame (a multi-segment packet's headers must lie in it);
/// `frame_length` is the whole frame's length, at least contiguous.size(). No checksum is verified
/// and no TCP option read. Reads nothing outside `contiguous`, whatever the bytes say.
/// RFC 791, RFC 792, RFC 4443, RFC 8200 section 4, RFC 9293 section 3.1.
ParseResult parse(std::span<const std::uint8_t> contiguous, std::uint32_t frame_length, Side from,
                  Segment& segment);

}  // namespace synward::wire
