// SPDX-License-Identifier: BSD-3-Clause
#include "flood/packet_template.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>

#include "flood/random.h"
#include "wire/headers.h"

namespace synward::flood {
namespace {

using namespace wire;

struct Options {
    std::vector<std::uint8_t> bytes;
    std::uint16_t timestamps_position = 0;  ///< of TSval; 0 for none
};

Options handshake_options(HandshakeStyle style, bool is_ipv4) {
    // 1,500 less IP and TCP headers: 1460 and 1440.
    const std::uint8_t mss_low = is_ipv4 ? 0xb4 : 0xa0;
    switch (style) {
        case HandshakeStyle::kLinux:
            return {{2, 4, 5, mss_low, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7}, 8};
        case HandshakeStyle::kNoTimestamps:
            return {{2, 4, 5, mss_low, 1, 1, 4, 2, 1, 3, 3, 7}, 0};
        case HandshakeStyle::kNone:
            break;
    }
    return {};
}

Options later_options(HandshakeStyle style) {
    if (style == HandshakeStyle::kLinux) {
        return {{1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, 4};
    }
    return {};
}

struct Shape {
    std::uint8_t flags;
    std::uint16_t window;
    Options options;
    std::uint16_t payload_length = 0;
};

/// As a Linux host would send it, so that nothing but the flood itself gives it away.
Shape shape_of(const FloodSpecification& specification, FloodKind kind, bool is_ipv4) {
    constexpr std::uint16_t kLaterWindow = 502;  // 64,256 octets, scaled by 7
    const std::uint16_t payload = specification.payload_length;
    const HandshakeStyle style = specification.options;
    switch (kind) {
        case FloodKind::kSyn:
            return {kSyn, static_cast<std::uint16_t>(is_ipv4 ? 64240 : 64800),
                    handshake_options(style, is_ipv4)};
        case FloodKind::kSynAck:
            return {kSyn | kAck, static_cast<std::uint16_t>(is_ipv4 ? 65160 : 64260),
                    handshake_options(style, is_ipv4)};
        case FloodKind::kAck:
            return {static_cast<std::uint8_t>(payload == 0 ? kAck : kAck | kPsh), kLaterWindow,
                    later_options(style), payload};
        case FloodKind::kFin:
            return {kFin | kAck, kLaterWindow, later_options(style)};
        case FloodKind::kRst:
            return {kRst, 0, {}};
        case FloodKind::kMixed:
            break;
    }
    throw std::invalid_argument("a template is of one kind");
}

/// Writes headers one behind the other.
class Layout {
  public:
    explicit Layout(std::vector<std::uint8_t>& bytes) : bytes_{bytes} {}

    template <typename Header>
    std::uint16_t append(const Header& header) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(&header);
        return append_text({first, sizeof header});
    }
    std::uint16_t append_text(std::span<const std::uint8_t> text) {
        const auto offset = static_cast<std::uint16_t>(bytes_.size());
        bytes_.insert(bytes_.end(), text.begin(), text.end());
        return offset;
    }

  private:
    std::vector<std::uint8_t>& bytes_;
};

void append_ethernet(Layout& layout, const FloodSpecification& specification, bool is_ipv4) {
    const Big16 ip_type = Big16::from_host(is_ipv4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
    EthernetHeader ethernet{};
    std::ranges::copy(specification.destination_mac, ethernet.destination);
    std::ranges::copy(specification.source_mac, ethernet.source);
    ethernet.ether_type = specification.vlan ? Big16::from_host(kEtherTypeVlan) : ip_type;
    layout.append(ethernet);
    if (specification.vlan) {
        layout.append(VlanTag{Big16::from_host(*specification.vlan), ip_type});
    }
}

Ipv4Header ipv4_header(const Address& destination, std::uint16_t tcp_length) {
    constexpr std::uint16_t kDoNotFragment = 0x4000;
    Ipv4Header ip{};
    ip.version_and_length = 0x45;
    ip.total_length.assign(static_cast<std::uint16_t>(sizeof ip + tcp_length));
    ip.flags_and_fragment_offset.assign(kDoNotFragment);
    ip.time_to_live = 64;
    ip.protocol = kProtocolTcp;
    std::memcpy(ip.destination, destination.ipv4(), sizeof ip.destination);
    return ip;
}

Ipv6Header ipv6_header(const Address& destination, std::uint16_t tcp_length) {
    Ipv6Header ip{};
    ip.version_class_and_flow.assign(0x60000000);
    ip.payload_length.assign(tcp_length);
    ip.next_header = kProtocolTcp;
    ip.hop_limit = 64;
    std::memcpy(ip.destination, destination.bytes.data(), sizeof ip.destination);
    return ip;
}

TcpHeader tcp_header(const Shape& shape) {
    TcpHeader tcp{};
    const std::size_t words = (sizeof tcp + shape.options.bytes.size()) / 4;
    tcp.data_offset_and_reserved = static_cast<std::uint8_t>(words << 4U);
    tcp.flags = shape.flags;
    tcp.window.assign(shape.window);
    return tcp;
}

std::vector<std::uint8_t> payload_of(const FloodSpecification& specification, std::size_t length) {
    std::vector<std::uint8_t> payload(length);
    Random random{specification.seed};
    std::ranges::generate(payload, [&] { return static_cast<std::uint8_t>(random.next()); });
    return payload;
}

}  // namespace

PacketTemplate make_template(const FloodSpecification& specification, FloodKind kind,
                             const Address& destination) {
    PacketTemplate result;
    result.is_ipv4 = destination.is_ipv4();
    const Shape shape = shape_of(specification, kind, result.is_ipv4);
    const auto tcp_length = static_cast<std::uint16_t>(
        sizeof(TcpHeader) + shape.options.bytes.size() + shape.payload_length);
    Layout layout{result.bytes};
    append_ethernet(layout, specification, result.is_ipv4);
    if (result.is_ipv4) {
        const Ipv4Header ip = ipv4_header(destination, tcp_length);
        result.ip_offset = layout.append(ip);
        result.ip_sum.add({reinterpret_cast<const std::uint8_t*>(&ip), sizeof ip});
        result.tcp_sum.add(ip.destination);
    } else {
        const Ipv6Header ip = ipv6_header(destination, tcp_length);
        result.ip_offset = layout.append(ip);
        result.tcp_sum.add(ip.destination);
    }
    result.tcp_offset = layout.append(tcp_header(shape));
    const std::uint16_t options_offset = layout.append_text(shape.options.bytes);
    layout.append_text(payload_of(specification, shape.payload_length));
    if (shape.options.timestamps_position != 0) {
        result.timestamps_offset =
            static_cast<std::uint16_t>(options_offset + shape.options.timestamps_position);
    }
    result.acknowledges = (shape.flags & kAck) != 0;
    result.tcp_sum.add(Big16::from_host(kProtocolTcp));
    result.tcp_sum.add(Big16::from_host(tcp_length));
    result.tcp_sum.add(std::span{result.bytes}.subspan(result.tcp_offset));
    return result;
}

}  // namespace synward::flood
