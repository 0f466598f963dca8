// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/four_tuple.h"
#include "wire/headers.h"
#include "wire/sequence_number.h"

namespace synward::wire {

/// What a frame's headers say about its TCP segment: one cache line of plain values in host byte
/// order. It does not point at the frame; offsets count from the frame's first byte. For an ICMP
/// error, what it says about the TCP segment that it quotes (wire/icmp_error.h).
struct alignas(64) Segment {
    FourTuple tuple;
    SequenceNumber sequence;
    SequenceNumber acknowledgment;
    std::uint16_t window = 0;          ///< as in the header, not scaled
    std::uint16_t payload_length = 0;  ///< octets of data; padding of the frame does not count
    std::uint16_t tcp_offset = 0;
    std::uint16_t icmp_offset = 0;       ///< of an ICMP error; else zero
    std::uint8_t ip_offset = 0;          ///< 14, 18 or 22: behind Ethernet and VLAN tags
    std::uint8_t tcp_header_length = 0;  ///< 20-60; quoted in an ICMP error: 8-20
    std::uint8_t flags = 0;
    Side from = Side::kOutside;  ///< the side on which the frame arrived

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    /// RFC 3168 section 6.1.1, for a SYN and for a SYN-ACK.
    [[nodiscard]] bool is_ecn_setup_syn() const { return has(kEce) && has(kCwr); }
    [[nodiscard]] bool is_ecn_setup_syn_ack() const { return has(kEce) && !has(kCwr); }
    [[nodiscard]] bool is_ipv4() const { return tuple.inside_address.is_ipv4(); }
    /// Sequence numbers that the segment takes up: data, and one each for SYN and FIN.
    [[nodiscard]] std::uint32_t sequence_length() const {
        return payload_length + (has(kSyn) ? 1U : 0U) + (has(kFin) ? 1U : 0U);
    }
    /// The sequence number behind the segment's last.
    [[nodiscard]] SequenceNumber end() const { return sequence + sequence_length(); }
    [[nodiscard]] unsigned options_offset() const {
        return tcp_offset + static_cast<unsigned>(sizeof(TcpHeader));
    }
    [[nodiscard]] unsigned options_length() const {
        return tcp_header_length - static_cast<unsigned>(sizeof(TcpHeader));
    }
    [[nodiscard]] unsigned payload_offset() const {
        return static_cast<unsigned>(tcp_offset) + tcp_header_length;
    }
    /// The frame's length up to the end of the IP packet, without padding.
    [[nodiscard]] unsigned frame_length() const { return payload_offset() + payload_length; }
};
static_assert(sizeof(Segment) == 64);

}  // namespace synward::wire
