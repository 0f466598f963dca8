// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/endian.h"

/// Headers as they lie on the wire. All are made of bytes and may lie over a buffer at any address.
namespace synward::wire {

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;  ///< IEEE 802.1Q customer tag
inline constexpr std::uint16_t kEtherTypeQinq = 0x88a8;  ///< IEEE 802.1ad service tag
inline constexpr unsigned kMaximumVlanTags = 2;

struct EthernetHeader {
    std::uint8_t destination[6];
    std::uint8_t source[6];
    Big16 ether_type;
};
static_assert(sizeof(EthernetHeader) == 14);

/// Follows the EtherType 0x8100 or 0x88a8.
struct VlanTag {
    Big16 tag_control;
    Big16 ether_type;
};
static_assert(sizeof(VlanTag) == 4);

inline constexpr std::uint8_t kProtocolHopByHop = 0;
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolRouting = 43;
inline constexpr std::uint8_t kProtocolFragment = 44;
inline constexpr std::uint8_t kProtocolAuthentication = 51;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;
inline constexpr std::uint8_t kProtocolNone = 59;
inline constexpr std::uint8_t kProtocolDestinationOptions = 60;
inline constexpr std::uint8_t kProtocolMobility = 135;

/// RFC 1700's recommendation, and what servers send.
inline constexpr std::uint8_t kUsualTimeToLive = 64;

/// Of Ipv4Header::flags_and_fragment_offset.
inline constexpr std::uint16_t kIpv4DontFragment = 0x4000;
inline constexpr std::uint16_t kIpv4MoreFragments = 0x2000;
inline constexpr std::uint16_t kIpv4FragmentOffset = 0x1fff;

/// RFC 791 section 3.1.
struct Ipv4Header {
    std::uint8_t version_and_length;
    std::uint8_t traffic_class;
    Big16 total_length;
    Big16 identification;
    Big16 flags_and_fragment_offset;
    std::uint8_t time_to_live;
    std::uint8_t protocol;
    Big16 checksum;
    std::uint8_t source[4];
    std::uint8_t destination[4];

    [[nodiscard]] unsigned header_length() const { return (version_and_length & 0x0fU) * 4; }
    [[nodiscard]] bool is_fragment() const {
        return (flags_and_fragment_offset.host() & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0;
    }
};
static_assert(sizeof(Ipv4Header) == 20);

/// RFC 8200 section 3.
struct Ipv6Header {
    Big32 version_class_and_flow;
    Big16 payload_length;
    std::uint8_t next_header;
    std::uint8_t hop_limit;
    std::uint8_t source[16];
    std::uint8_t destination[16];
};
static_assert(sizeof(Ipv6Header) == 40);

/// RFC 8200 section 4.5.
struct Ipv6FragmentHeader {
    std::uint8_t next_header;
    std::uint8_t reserved;
    Big16 offset_and_more;  ///< octets, a multiple of 8, plus 1 where more follow
    Big32 identification;
};
static_assert(sizeof(Ipv6FragmentHeader) == 8);

// RFC 792 and RFC 4443: the messages that quote a packet which could not be delivered.
inline constexpr std::uint8_t kIcmpUnreachable = 3;
inline constexpr std::uint8_t kIcmpTimeExceeded = 11;
inline constexpr std::uint8_t kIcmpParameterProblem = 12;
inline constexpr std::uint8_t kIcmpv6Unreachable = 1;
inline constexpr std::uint8_t kIcmpv6PacketTooBig = 2;
inline constexpr std::uint8_t kIcmpv6TimeExceeded = 3;
inline constexpr std::uint8_t kIcmpv6ParameterProblem = 4;
/// What every such message quotes of a TCP header at least: the ports and the sequence number.
inline constexpr unsigned kLeastQuotation = 8;

/// What all messages that quote a packet begin with; the packet follows.
struct IcmpHeader {
    std::uint8_t type;
    std::uint8_t code;
    Big16 checksum;
    Big32 rest;  ///< of RFC 1191 and RFC 4443 the next hop's MTU, or nothing
};
static_assert(sizeof(IcmpHeader) == 8);

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;

/// RFC 9293 section 3.1.
struct TcpHeader {
    Big16 source_port;
    Big16 destination_port;
    Big32 sequence;
    Big32 acknowledgment;
    std::uint8_t data_offset_and_reserved;
    std::uint8_t flags;
    Big16 window;
    Big16 checksum;
    Big16 urgent_pointer;

    [[nodiscard]] unsigned header_length() const { return (data_offset_and_reserved >> 4U) * 4; }
};
static_assert(sizeof(TcpHeader) == 20);

/// The header of type `Header` that lies at `bytes`. Whoever calls has checked the length.
template <typename Header>
Header& header_at(std::uint8_t* bytes) {
    static_assert(alignof(Header) == 1);
    return *reinterpret_cast<Header*>(bytes);
}
template <typename Header>
const Header& header_at(const std::uint8_t* bytes) {
    static_assert(alignof(Header) == 1);
    return *reinterpret_cast<const Header*>(bytes);
}

}  // namespace synward::wire
