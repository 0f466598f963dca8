// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/segment.h"
#include "wire/usual_options.h"

namespace synward::wire {

/// How nearly every frame begins: untagged, IPv4 without options. Where its headers lie.
inline constexpr unsigned kUsualIpOffset = sizeof(EthernetHeader);
inline constexpr unsigned kUsualTcpOffset = kUsualIpOffset + sizeof(Ipv4Header);
/// The length of TCP's header with Linux's options of a SYN (wire/usual_options.h).
inline constexpr std::uint32_t kTcpWithLinuxOptions = sizeof(TcpHeader) + kLinuxOptionsLength;

/// Whether a frame that parse() has found to be TCP begins so.
inline bool is_usual(const Segment& segment) {
    // No IPv6 packet's TCP header begins as early.
    return segment.ip_offset == kUsualIpOffset && segment.tcp_offset == kUsualTcpOffset;
}

/// Whether the frame is usual, and a SYN from the outside without any other flag and without data.
inline bool is_usual_syn(const Segment& segment) {
    // Eight bytes at one look.
    struct Shape {
        std::uint16_t tcp_offset, icmp_offset;
        std::uint8_t ip_offset, tcp_header_length, flags, from;
    };
    static_assert(sizeof(Shape) == sizeof(std::uint64_t) &&
                  offsetof(Segment, tcp_offset) % sizeof(Shape) == 0 &&
                  offsetof(Segment, from) == offsetof(Segment, tcp_offset) + offsetof(Shape, from));
    constexpr auto kSyns = std::bit_cast<std::uint64_t>(Shape{
        kUsualTcpOffset, 0, kUsualIpOffset, 0, kSyn, static_cast<std::uint8_t>(Side::kOutside)});
    constexpr auto kMask = std::bit_cast<std::uint64_t>(Shape{0xffff, 0xffff, 0xff, 0, 0xff, 0xff});
    std::uint64_t shape = 0;
    std::memcpy(&shape, &segment.tcp_offset, sizeof shape);
    return (shape & kMask) == kSyns && segment.payload_length == 0;
}

/// ipv4_header_checksum_is_right() for a usual frame.
inline bool usual_ipv4_checksum_is_right(const std::uint8_t* frame) {
    ChecksumSum sum;
    sum.add_header<sizeof(Ipv4Header)>(frame + kUsualIpOffset);
    return sum.is_consistent();
}

/// tcp_checksum_is_right() for a usual frame: the addresses of the pseudo-header are read where
/// they lie.
[[gnu::always_inline]] inline bool usual_tcp_checksum_is_right(const std::uint8_t* frame,
                                                               const Segment& segment) {
    const std::uint32_t header_length = segment.tcp_header_length;
    const std::uint32_t length = header_length + segment.payload_length;
    ChecksumSum sum;
    sum.add(Big32::from_host(length + kProtocolTcp));
    sum.add_header<8>(frame + kUsualIpOffset + offsetof(Ipv4Header, source));
    sum.add_header<sizeof(TcpHeader)>(frame + kUsualTcpOffset);
    sum.add_words(frame + kUsualTcpOffset + sizeof(TcpHeader), header_length - sizeof(TcpHeader));
    if (segment.payload_length != 0) {
        sum.add({frame + kUsualTcpOffset + header_length, segment.payload_length});
    }
    return sum.is_consistent();
}

}  // namespace synward::wire
