// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "wire/segment.h"

namespace synward::wire {

/// Reads an ICMP message of the family that `is_ipv4` says, at `icmp_offset` of `packet` (the frame
/// from its first byte to the end of its IP packet, or as much of that as may be read): whether it
/// is an error about a TCP segment, of which its sender must quote the first eight bytes at least.
/// RFC 792, RFC 1812 section 4.3.2.3, RFC 4443 section 3.
///
/// If so, fills `segment` (`from` and `ip_offset` are set already) by what is quoted:
/// - `tuple`: of the connection. An error that comes from one side is about what went out to it.
/// - `sequence`, and `acknowledgment`, `flags` and `window` where they are quoted, else zero;
/// - `tcp_offset` and `tcp_header_length`: where the quoted TCP header lies, and how much of its
///   fixed part there is, 8-20 bytes;
/// - `icmp_offset`. `payload_length` stays zero.
///
/// Errors about other protocols, or that quote too little, are none; so is the source quench (type
/// 4), which nobody heeds (RFC 6633).
bool read_icmp_error(std::span<const std::uint8_t> packet, unsigned icmp_offset, bool is_ipv4,
                     Segment& segment);

}  // namespace synward::wire
