// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/address.h"

namespace synward::flood {

enum class FloodKind : std::uint8_t {
    kSyn,
    kAck,
    kFin,
    kRst,
    kSynAck,
    kMixed,     ///< the five above, evenly: what an endpoint sends in the life of a connection
    kData,      ///< ACKs with data: payload_length, or kUsualPayload where that is zero
    kNull,      ///< no flag at all
    kXmas,      ///< FIN, PSH and URG
    kFragment,  ///< ACKs with data cut in two by IP; first fragments and later ones, evenly
};

/// The TCP options of a SYN or SYN-ACK.
enum class HandshakeStyle : std::uint8_t {
    kLinux,  ///< MSS, SACK permitted, timestamps, window scale: 20 bytes, as Linux sends them
    kNoTimestamps,  ///< the same with net.ipv4.tcp_timestamps=0: 12 bytes
    kNone,          ///< a bare header
};

using MacAddress = std::array<std::uint8_t, 6>;

/// Both ends included, in host byte order.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// The longest data that a segment carries: with every header it stays below an MTU of 1,500.
inline constexpr std::uint16_t kMaximumPayload = 1400;

/// Data in kinds that have data, where none is asked for: a small request's worth.
inline constexpr std::uint16_t kUsualPayload = 512;

/// What the packets of a flood look like. The benchmark networks of RFC 2544 and RFC 5180 are the
/// default sources: nobody owns them, so an answer to a spoofed packet reaches nobody.
struct FloodSpecification {
    FloodKind kind = FloodKind::kSyn;
    /// At least one; every packet goes to one of them, chosen evenly, whatever its family.
    std::vector<wire::Address> destinations;
    std::vector<PortRange> destination_ports{{80, 80}};
    /// Those of the destination's family are used, each as often as the others; of a family for
    /// which none is given, the default.
    std::vector<wire::Prefix> source_prefixes;
    PortRange source_ports{1024, 65535};
    /// The number of distinct source addresses of a family, spread over its prefixes; 0 for all.
    /// Prefixes with fewer addresses than their share give what they have.
    std::uint32_t sources = 0;
    MacAddress source_mac{};
    MacAddress destination_mac{};
    std::optional<std::uint16_t> vlan;  ///< 1-4094: an 802.1Q tag
    /// With kLinux, segments after the handshake carry timestamps as well.
    HandshakeStyle options = HandshakeStyle::kLinux;
    /// Octets of data in each ACK, or of what a fragment is a part of; at most kMaximumPayload.
    std::uint16_t payload_length = 0;
    std::uint64_t seed = 1;  ///< the same seed gives the same packets
};

}  // namespace synward::flood
