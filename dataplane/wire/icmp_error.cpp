// SPDX-License-Identifier: BSD-3-Clause
#include "wire/icmp_error.h"

#include <algorithm>
#include <cstddef>

#include "wire/extension_headers.h"
#include "wire/headers.h"

namespace synward::wire {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool is_error(std::uint8_t type, bool is_ipv4) {
    return is_ipv4 ? type == kIcmpUnreachable || type == kIcmpTimeExceeded ||
                         type == kIcmpParameterProblem
                   : type >= kIcmpv6Unreachable && type <= kIcmpv6ParameterProblem;
}

/// The quoted packet's source lies on the side to which the error goes.
void set_quoted_addresses(Segment& segment, const Address& source, const Address& destination) {
    orient(opposite(segment.from), source, destination, segment.tuple.outside_address,
           segment.tuple.inside_address);
}

/// Where the quoted TCP header begins; zero: no TCP, or it cannot be told. What the quoted lengths
/// and checksums say does not count: routers on the way have changed them (RFC 1812 section 4.3.2.3
/// lets the quotation end anywhere).
unsigned quoted_tcp_ipv4(Bytes packet, unsigned offset, Segment& segment) {
    if (offset + sizeof(Ipv4Header) > packet.size()) {
        return 0;
    }
    const auto& ip = header_at<Ipv4Header>(&packet[offset]);
    const bool has_ports = (ip.flags_and_fragment_offset.host() & kIpv4FragmentOffset) == 0;
    if (ip.version_and_length >> 4U != 4 || ip.header_length() < sizeof(Ipv4Header) ||
        ip.protocol != kProtocolTcp || !has_ports) {
        return 0;
    }
    set_quoted_addresses(segment, Address::from_ipv4(ip.source),
                         Address::from_ipv4(ip.destination));
    return offset + ip.header_length();
}

unsigned quoted_tcp_ipv6(Bytes packet, unsigned offset, Segment& segment) {
    if (offset + sizeof(Ipv6Header) > packet.size()) {
        return 0;
    }
    const auto& ip = header_at<Ipv6Header>(&packet[offset]);
    if (ip.version_class_and_flow.host() >> 28U != 6) {
        return 0;
    }
    const Address source = Address::from_ipv6(ip.source);
    const Address destination = Address::from_ipv6(ip.destination);
    // On the wire these are illegal, and here they would pass for IPv4's own addresses.
    if (source.is_ipv4() || destination.is_ipv4()) {
        return 0;
    }
    set_quoted_addresses(segment, source, destination);
    const UpperLayer upper = walk_extension_headers(
        packet, ip.next_header, offset + static_cast<unsigned>(sizeof(Ipv6Header)));
    const bool is_tcp = upper.kind != UpperLayer::Kind::kUnknown && upper.protocol == kProtocolTcp;
    return is_tcp ? upper.offset : 0;  // which is zero for a later fragment
}

template <typename Field>
bool is_quoted(unsigned field_offset, unsigned quoted) {
    return field_offset + sizeof(Field) <= quoted;
}

}  // namespace

bool read_icmp_error(Bytes packet, unsigned icmp_offset, bool is_ipv4, Segment& segment) {
    const unsigned quotation = icmp_offset + static_cast<unsigned>(sizeof(IcmpHeader));
    if (quotation > packet.size() ||
        !is_error(header_at<IcmpHeader>(&packet[icmp_offset]).type, is_ipv4)) {
        return false;
    }
    const unsigned tcp_offset = is_ipv4 ? quoted_tcp_ipv4(packet, quotation, segment)
                                        : quoted_tcp_ipv6(packet, quotation, segment);
    if (tcp_offset == 0 || tcp_offset + kLeastQuotation > packet.size()) {
        return false;
    }
    const unsigned quoted = std::min(static_cast<unsigned>(sizeof(TcpHeader)),
                                     static_cast<unsigned>(packet.size()) - tcp_offset);
    // Of a header that is cut off, nothing behind its end may be touched.
    const auto& tcp = header_at<TcpHeader>(packet.data() + tcp_offset);
    orient(opposite(segment.from), tcp.source_port.host(), tcp.destination_port.host(),
           segment.tuple.outside_port, segment.tuple.inside_port);
    segment.sequence = SequenceNumber{tcp.sequence.host()};
    if (is_quoted<Big32>(offsetof(TcpHeader, acknowledgment), quoted)) {
        segment.acknowledgment = SequenceNumber{tcp.acknowledgment.host()};
    }
    if (is_quoted<std::uint8_t>(offsetof(TcpHeader, flags), quoted)) {
        segment.flags = tcp.flags;
    }
    if (is_quoted<Big16>(offsetof(TcpHeader, window), quoted)) {
        segment.window = tcp.window.host();
    }
    segment.tcp_offset = static_cast<std::uint16_t>(tcp_offset);
    segment.tcp_header_length = static_cast<std::uint8_t>(quoted);
    segment.icmp_offset = static_cast<std::uint16_t>(icmp_offset);
    return true;
}

}  // namespace synward::wire
