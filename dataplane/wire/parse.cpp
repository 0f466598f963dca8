// SPDX-License-Identifier: BSD-3-Clause
#include "wire/parse.h"

#include <algorithm>

namespace synward::wire {
namespace {

/// Far more than any sender has use for; a bound on the work that one packet can ask for.
constexpr unsigned kMaximumExtensionHeaders = 8;

struct Frame {
    const std::uint8_t* bytes;
    std::uint32_t contiguous;  ///< bytes that may be read
    std::uint32_t length;      ///< bytes that there are, in all pieces
};

ParseResult malformed(Reason reason) {
    return {FrameKind::kMalformed, reason};
}

/// Stores `source` and `destination` by the sides of the box on which they lie.
template <typename Value>
void orient(Side from, Value source, Value destination, Value& outside, Value& inside) {
    const bool from_outside = from == Side::kOutside;
    outside = from_outside ? source : destination;
    inside = from_outside ? destination : source;
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
        return {};
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

struct ExtensionHeader {
    std::uint8_t next_header;
    std::uint8_t length;  ///< its unit depends on the header
    Big16 fragment_offset_and_more;
    Big32 rest;
};
static_assert(sizeof(ExtensionHeader) == 8);

/// What lies behind IPv6's extension headers.
struct UpperLayer {
    enum class Kind : std::uint8_t { kTcp, kFragmentOfTcp, kOther, kUnknown };
    Kind kind;
    unsigned offset = 0;
};

/// Follows the chain that begins with a header of type `next_header` at `offset` (RFC 8200 section
/// 4); nothing at or beyond `limit` is read.
UpperLayer walk_extension_headers(const Frame& frame, std::uint8_t next_header, unsigned offset,
                                  unsigned limit) {
    using enum UpperLayer::Kind;
    bool is_fragment = false;
    for (unsigned count = 0; count <= kMaximumExtensionHeaders; ++count) {
        if (next_header == kProtocolTcp) {
            return {is_fragment ? kFragmentOfTcp : kTcp, offset};
        }
        unsigned unit = 8;
        unsigned uncounted_units = 1;
        switch (next_header) {
            case kProtocolHopByHop:
            case kProtocolRouting:
            case kProtocolDestinationOptions:
            case kProtocolMobility:
            case kProtocolFragment:
                break;
            case kProtocolAuthentication:  // RFC 4302 section 2.2
                unit = 4;
                uncounted_units = 2;
                break;
            default:
                return {kOther};
        }
        if (offset + sizeof(ExtensionHeader) > limit) {
            return {kUnknown};
        }
        const auto& header = header_at<ExtensionHeader>(frame.bytes + offset);
        if (next_header == kProtocolFragment) {
            const unsigned offset_and_more = header.fragment_offset_and_more.host();
            if ((offset_and_more & 0xfff8U) != 0) {
                // Of what may follow an extension header here, only the first fragment tells, and
                // the rest comes to nothing where that one is dropped.
                return {header.next_header == kProtocolTcp ? kFragmentOfTcp : kOther};
            }
            // Neither offset nor "more" is a whole packet: RFC 6946's atomic fragment.
            is_fragment = is_fragment || (offset_and_more & 1U) != 0;
            offset += sizeof(ExtensionHeader);
        } else {
            offset += (header.length + uncounted_units) * unit;
        }
        next_header = header.next_header;
    }
    return {kUnknown};
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
    const UpperLayer upper = walk_extension_headers(frame, ip.next_header, payload_offset, limit);
    if (upper.kind == UpperLayer::Kind::kOther) {
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
    if (upper.kind == UpperLayer::Kind::kFragmentOfTcp) {
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
            readable > offsetof(Ipv6Header, next_header) &&
            walk_extension_headers(frame, ip.next_header, 0, 0).kind == UpperLayer::Kind::kOther;
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
    segment = Segment{};
    segment.from = from;
    const Frame frame{contiguous.data(), static_cast<std::uint32_t>(contiguous.size()),
                      frame_length};
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
