// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "support/frame_builder.h"
#include "support/reference_checksum.h"

namespace synward::test {

inline constexpr unsigned kFragmentationNeeded = 4;  // code of ICMP type 3 (RFC 1191)

/// The ICMP error that a router sends about a packet, byte by byte and without any code of the data
/// plane. It goes from an address of its own to the packet's source.
struct IcmpError {
    unsigned type = 3;
    unsigned code = kFragmentationNeeded;
    std::uint32_t rest = 1280;       ///< the next hop's MTU
    std::size_t quoted = 1U << 16U;  ///< octets of the packet that are quoted, at most

    /// In the frame of a packet that is too big, as an IPv6 router would say it.
    static IcmpError packet_too_big() { return {.type = 2, .code = 0}; }
    /// The usual one of a family.
    static IcmpError too_big(bool ipv6) { return ipv6 ? packet_too_big() : IcmpError{}; }

    /// The frame about the packet in `frame` (the IP header begins at `ip_offset`), to be put into
    /// `carrier`, of which tags and extension headers are kept.
    [[nodiscard]] Bytes about(const Bytes& frame, std::size_t ip_offset,
                              FrameBuilder carrier = {}) const {
        const bool ipv6 = frame.at(ip_offset) >> 4U == 6;
        const std::size_t addresses = ip_offset + (ipv6 ? 8 : 12);
        const std::span<const std::uint8_t> source =
            std::span{frame}.subspan(addresses, ipv6 ? 16 : 4);
        const Bytes router = ipv6 ? Bytes{0x20, 1, 0xd, 0xb8, 0xee, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
                                  : Bytes{100, 64, 0, 1};
        Bytes message{static_cast<std::uint8_t>(type),
                      static_cast<std::uint8_t>(code),
                      0,
                      0,
                      static_cast<std::uint8_t>(rest >> 24U),
                      static_cast<std::uint8_t>(rest >> 16U),
                      static_cast<std::uint8_t>(rest >> 8U),
                      static_cast<std::uint8_t>(rest)};
        const std::size_t length = std::min(quoted, frame.size() - ip_offset);
        message.insert(message.end(), frame.begin() + static_cast<std::ptrdiff_t>(ip_offset),
                       frame.begin() + static_cast<std::ptrdiff_t>(ip_offset + length));
        const std::uint16_t checksum = ipv6 ? reference_upper_checksum(router, source, 58, message)
                                            : reference_checksum(message);
        message[2] = static_cast<std::uint8_t>(checksum >> 8U);
        message[3] = static_cast<std::uint8_t>(checksum);
        carrier.raw_addresses(router, {source.begin(), source.end()});
        return carrier.protocol(ipv6 ? 58 : 1).upper_layer(message).bytes();
    }
};

}  // namespace synward::test
