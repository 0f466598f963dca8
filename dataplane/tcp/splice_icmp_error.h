// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/segment.h"

namespace synward::tcp {

/// Translates what an ICMP error quotes of a spliced connection's segment, in place, so that the
/// end that sent the segment knows it again (RFC 1191, RFC 8201: path MTU discovery; RFC 5927: the
/// end looks at the sequence number). `sequence_delta` as in Translation.
///
/// What goes to the server has its sequence number in the server's own numbering afterwards; what
/// goes to the client its acknowledgment number in the one that the client was shown, where it is
/// quoted. The quoted TCP checksum, where there is one, and the ICMP checksum are updated by the
/// difference (RFC 1624). Quoted windows, timestamps and SACK edges stay: no receiver looks at
/// them.
///
/// `segment` as wire::read_icmp_error made it for `frame`, which begins at the Ethernet header.
void splice_icmp_error(std::span<std::uint8_t> frame, const wire::Segment& segment,
                       std::uint32_t sequence_delta);

}  // namespace synward::tcp
