// SPDX-License-Identifier: BSD-3-Clause
#include "wire/parse.h"

#include <algorithm>
#include <array>

#include "wire/extension_headers.h"
#include "wire/icmp_error.h"

namespace synward::wire {
namespace {

struct Frame {
    const std::uint8_t* bytes;
    std::uint32_t contiguous;  ///< bytes that may be read
    std::uint32_t length;      ///< bytes that there are, in all pieces
};

ParseResult malformed(Reason reason) {
    return {FrameKind::kMalformed, reason};
}

void set_addresses(Segment& segment, const Address& source, const Address& destination) {
    orient(segment.from, source, destination, segment.tuple.outside_address,
           segment.tuple.inside_address);
}

/// `packet_end` is where the IP packet ends in the frame, which may be before the frame does.
ParseResult parse_tcp(const Frame& frame, unsigned tcp_offset, unsigned packet_end,
                      Segment& segment) {
    if (tcp_offset + sizeof(TcpHeader) > std::min(packet_end, frame.contiguous)) [[unlikely]] {
        return malformed(Reason::kTcpHeaderTruncated);
    }
    const auto& tcp = header_at<TcpHeader>(frame.bytes + tcp_offset);
    const unsigned header_length = tcp.header_length();
    const unsigned payload_offset = tcp_offset + header_length;
    if (header_length < sizeof(TcpHeader) || payload_offset > packet_end) [[unlikely]] {
        return malformed(Reason::kTcpDataOffset);
    }
    if (payload_offset > frame.contiguous) [[unlikely]] {
        return malformed(Reason::kTcpHeaderTruncated);
    }
    orient(segment.from, tcp.source_port.host(), tcp.destination_port.host(),
           segment.tuple.outside_port, segment.tuple.inside_port);
    segment.sequence = SequenceNumber{tcp.sequence.host()};
    segment.acknowledgment = SequenceNumber{tcp.acknowledgment.host()};
    segment.window = tcp.window.host();
    segment.payload_length = static_cast<std::uint16_t>(packet_end - payload_offset);
    segment.tcp_offset = static_cast<std::uint16_t>(tcp_offset);
    segment.tcp_header_length = static_cast<std::uint8_t>(header_length);
    segment.flags = tcp.flags;
    return {FrameKind::kTcp};
}

/// What is no TCP but may be about it: ICMP that begins at `icmp_offset`.
[[gnu::noinline]] ParseResult parse_icmp(const Frame& frame, unsigned icmp_offset,
                                         unsigned packet_end, bool is_ipv4, Segment& segment) {
    const unsigned readable = std::min({packet_end, frame.contiguous, frame.length});
    const bool is_error = read_icmp_error({frame.bytes, readable}, icmp_offset, is_ipv4, segment);
    return {is_error ? FrameKind::kIcmpError : FrameKind::kNotTcp};
}

/// IPv4 that does not carry TCP; its whole header, options apart, lies in `frame`.
ParseResult parse_other_ipv4(const Frame& frame, const Ipv4Header& ip, Segment& segment) {
    if (ip.protocol != kProtocolIcmp || ip.header_length() < sizeof(Ipv4Header) ||
        ip.is_fragment()) {
        return {};
    }
    return parse_icmp(frame, segment.ip_offset + ip.header_length(),
                      segment.ip_offset + ip.total_length.host(), true, segment);
}

ParseResult parse_ipv4(const Frame& frame, Segment& segment) {
    const unsigned ip_offset = segment.ip_offset;
    const unsigned readable = frame.contiguous - ip_offset;
    const auto& ip = header_at<Ipv4Header>(frame.bytes + ip_offset);
    if (readable < sizeof(Ipv4Header)) [[unlikely]] {
        // Without its protocol nobody can say that it is not TCP.
        const bool is_other_protocol =
            readable > offsetof(Ipv4Header, protocol) && ip.protocol != kProtocolTcp;
        return is_other_protocol ? ParseResult{} : malformed(Reason::kIpv4HeaderLength);
    }
    if (ip.protocol != kProtocolTcp) {
        return parse_other_ipv4(frame, ip, segment);
    }
    set_addresses(segment, Address::from_ipv4(ip.source), Address::from_ipv4(ip.destination));
    const unsigned header_length = ip.header_length();
    if (ip.version_and_length >> 4U != 4 || header_length < sizeof(Ipv4Header) ||
        header_length > readable) [[unlikely]] {
        return malformed(Reason::kIpv4HeaderLength);
    }
    const unsigned total_length = ip.total_length.host();
    if (total_length < header_length || ip_offset + total_length > frame.length) [[unlikely]] {
        return malformed(Reason::kIpv4TotalLength);
    }
    if (ip.is_fragment()) [[unlikely]] {
        return {FrameKind::kFragment};
    }
    return parse_tcp(frame, ip_offset + header_length, ip_offset + total_length, segment);
}

/// The IPv6 packets without a plain TCP header behind a whole IPv6 header, and those that lie about
/// their length: `ip` lies in `frame`, its addresses are in `segment`.
[[gnu::noinline]] ParseResult parse_unusual_ipv6(const Frame& frame, const Ipv6Header& ip,
                                                 Segment& segment) {
    const unsigned payload_offset = segment.ip_offset + static_cast<unsigned>(sizeof(Ipv6Header));
    const unsigned payload_length = ip.payload_length.host();
    const unsigned packet_end = payload_offset + payload_length;
    // No Ethernet carries the jumbogram (RFC 2675) that a length of zero announces.
    const bool length_is_wrong =
        packet_end > frame.length || (payload_length == 0 && ip.next_header == kProtocolHopByHop);
    const unsigned limit =
        length_is_wrong ? frame.contiguous : std::min(packet_end, frame.contiguous);
    const UpperLayer upper =
        walk_extension_headers({frame.bytes, limit}, ip.next_header, payload_offset);
    if (upper.kind == UpperLayer::Kind::kWhole && upper.protocol == kProtocolIcmpv6) {
        return parse_icmp(frame, upper.offset, packet_end, false, segment);
    }
    if (upper.kind != UpperLayer::Kind::kUnknown && upper.protocol != kProtocolTcp) {
        return {};
    }
    if (ip.version_class_and_flow.host() >> 28U != 6) {
        return malformed(Reason::kIpv6Header);
    }
    // On the wire they are illegal (RFC 6890), and here they would pass for IPv4's own addresses.
    if (segment.tuple.outside_address.is_ipv4() || segment.tuple.inside_address.is_ipv4()) {
        return malformed(Reason::kIpv6MappedAddress);
    }
    if (upper.kind == UpperLayer::Kind::kUnknown) {
        return malformed(Reason::kIpv6ExtensionChain);
    }
    if (length_is_wrong) {
        return malformed(Reason::kIpv6PayloadLength);
    }
    if (upper.kind == UpperLayer::Kind::kFragment) {
        return {FrameKind::kFragment};
    }
    return parse_tcp(frame, upper.offset, packet_end, segment);
}

ParseResult parse_ipv6(const Frame& frame, Segment& segment) {
    const unsigned ip_offset = segment.ip_offset;
    const unsigned readable = frame.contiguous - ip_offset;
    const auto& ip = header_at<Ipv6Header>(frame.bytes + ip_offset);
    if (readable < sizeof(Ipv6Header)) [[unlikely]] {
        const bool is_other_protocol =
            readable > offsetof(Ipv6Header, next_header) && ip.next_header != kProtocolTcp &&
            walk_extension_headers({}, ip.next_header, 0).kind == UpperLayer::Kind::kWhole;
        return is_other_protocol ? ParseResult{} : malformed(Reason::kIpv6Header);
    }
    set_addresses(segment, Address::from_ipv6(ip.source), Address::from_ipv6(ip.destination));
    const unsigned tcp_offset = ip_offset + static_cast<unsigned>(sizeof(Ipv6Header));
    const unsigned packet_end = tcp_offset + ip.payload_length.host();
    const bool is_plain = ip.next_header == kProtocolTcp &&
                          ip.version_class_and_flow.host() >> 28U == 6 &&
                          packet_end <= frame.length && !segment.tuple.outside_address.is_ipv4() &&
                          !segment.tuple.inside_address.is_ipv4();
    return is_plain ? parse_tcp(frame, tcp_offset, packet_end, segment)
                    : parse_unusual_ipv6(frame, ip, segment);
}

bool is_vlan(std::uint16_t ether_type) {
    return ether_type == kEtherTypeVlan || ether_type == kEtherTypeQinq;
}

}  // namespace

ParseResult parse(std::span<const std::uint8_t> contiguous, std::uint32_t frame_length, Side from,
                  Segment& segment) {
    const Frame frame{contiguous.data(), static_cast<std::uint32_t>(contiguous.size()),
                      frame_length};
    segment = Segment{};
    segment.from = from;
    unsigned offset = sizeof(EthernetHeader);
    if (frame.contiguous < offset) [[unlikely]] {
        return {};
    }
    std::uint16_t ether_type = header_at<EthernetHeader>(frame.bytes).ether_type.host();
    for (unsigned tags = 0; is_vlan(ether_type); ++tags) {
        if (tags == kMaximumVlanTags || frame.contiguous < offset + sizeof(VlanTag)) {
            return {};
        }
        ether_type = header_at<VlanTag>(frame.bytes + offset).ether_type.host();
        offset += static_cast<unsigned>(sizeof(VlanTag));
    }
    segment.ip_offset = static_cast<std::uint8_t>(offset);
    if (ether_type == kEtherTypeIpv4) {
        return parse_ipv4(frame, segment);
    }
    if (ether_type == kEtherTypeIpv6) {
        return parse_ipv6(frame, segment);
    }
    return {};
}

}  // namespace synward::wire
