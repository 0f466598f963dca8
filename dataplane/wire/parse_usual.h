// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/address_words.h"
#include "wire/segment.h"
#include "wire/usual_frame.h"

namespace synward::wire {

/// parse() for a frame that is_usual() and well-formed, as nearly all are. False, and `segment` may
/// have been written to: it is some other frame.
[[gnu::always_inline]] inline bool parse_usual(std::span<const std::uint8_t> contiguous,
                                               std::uint32_t frame_length, Side from,
                                               Segment& segment) {
    static_assert(std::endian::native == std::endian::little);
    if (contiguous.size() < kUsualTcpOffset + sizeof(TcpHeader)) [[unlikely]] {
        return false;
    }
    const std::uint8_t* const frame = contiguous.data();
    const auto word_at = [frame](std::size_t offset) {
        std::uint32_t word = 0;
        std::memcpy(&word, frame + offset, sizeof word);
        return word;
    };
    const auto& ip = header_at<Ipv4Header>(frame + kUsualIpOffset);
    const auto& tcp = header_at<TcpHeader>(frame + kUsualTcpOffset);
    // EtherType, version and header length; flags and fragment offset, time to live, protocol: two
    // words as they lie in memory, of which some bits may be anything.
    constexpr std::size_t kTypeAt = offsetof(EthernetHeader, ether_type);
    constexpr std::size_t kFragmentAt =
        kUsualIpOffset + offsetof(Ipv4Header, flags_and_fragment_offset);
    const std::uint32_t type = word_at(kTypeAt) & 0x00ff'ffffU;
    const std::uint32_t protocol = word_at(kFragmentAt) & 0xff00'ff3fU;
    const unsigned packet_end = kUsualIpOffset + ip.total_length.host();
    const unsigned header_length = tcp.header_length();
    const unsigned payload_offset = kUsualTcpOffset + header_length;
    if (type != 0x0045'0008U || protocol != std::uint32_t{kProtocolTcp} << 24U ||
        header_length < sizeof(TcpHeader) || payload_offset > packet_end ||
        payload_offset > contiguous.size() || packet_end > frame_length) [[unlikely]] {
        return false;
    }
    std::uint32_t outside = 0;
    std::uint32_t inside = 0;
    orient(from, word_at(kUsualIpOffset + offsetof(Ipv4Header, source)),
           word_at(kUsualIpOffset + offsetof(Ipv4Header, destination)), outside, inside);
    segment.tuple.outside_address = ipv4_address_of(outside);
    segment.tuple.inside_address = ipv4_address_of(inside);
    orient(from, tcp.source_port.host(), tcp.destination_port.host(), segment.tuple.outside_port,
           segment.tuple.inside_port);
    segment.sequence = SequenceNumber{tcp.sequence.host()};
    segment.acknowledgment = SequenceNumber{tcp.acknowledgment.host()};
    segment.window = tcp.window.host();
    segment.payload_length = static_cast<std::uint16_t>(packet_end - payload_offset);
    segment.tcp_offset = kUsualTcpOffset;
    segment.icmp_offset = 0;
    segment.ip_offset = kUsualIpOffset;
    segment.tcp_header_length = static_cast<std::uint8_t>(header_length);
    segment.flags = tcp.flags;
    segment.from = from;
    return true;
}

}  // namespace synward::wire
