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
    const auto data_length = payload == 0 ? kUsualPayload : payload;
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
        case FloodKind::kData:
        case FloodKind::kFragment:
            return {kAck | kPsh, kLaterWindow, later_options(style), data_length};
        case FloodKind::kNull:
            return {0, kLaterWindow, {}};
        case FloodKind::kXmas:
            return {kFin | kPsh | kUrg, kLaterWindow, {}};
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

/// Octets of a segment that its first fragment carries: half of them, and its whole header.
std::uint16_t first_fragment_length(std::size_t tcp_header_length, std::size_t tcp_length) {
    constexpr std::size_t kUnit = 8;  // that fragments are counted in
    const std::size_t least = (tcp_header_length + kUnit - 1) / kUnit * kUnit;
    return static_cast<std::uint16_t>(std::max(least, tcp_length / 2 / kUnit * kUnit));
}

/// The octets `first` to `end` of a segment, the IP packet's payload.
struct Range {
    std::uint16_t first = 0;
    std::uint16_t end = 0;

    [[nodiscard]] std::uint16_t length() const { return static_cast<std::uint16_t>(end - first); }
};

Range range_of(Part part, const Shape& shape) {
    const std::size_t header_length = sizeof(TcpHeader) + shape.options.bytes.size();
    const auto length = static_cast<std::uint16_t>(header_length + shape.payload_length);
    if (part == Part::kWhole) {
        return {0, length};
    }
    const std::uint16_t cut = first_fragment_length(header_length, length);
    if (cut >= length) {
        throw std::invalid_argument("too little data to be cut into fragments");
    }
    return part == Part::kFirstFragment ? Range{0, cut} : Range{cut, length};
}

Ipv4Header ipv4_header(const Address& destination, Part part, Range range) {
    Ipv4Header ip{};
    ip.version_and_length = 0x45;
    ip.total_length.assign(static_cast<std::uint16_t>(sizeof ip + range.length()));
    const unsigned flags = part == Part::kWhole           ? kIpv4DontFragment
                           : part == Part::kFirstFragment ? kIpv4MoreFragments
                                                          : 0;
    ip.flags_and_fragment_offset.assign(static_cast<std::uint16_t>(flags | range.first / 8U));
    ip.time_to_live = 64;
    ip.protocol = kProtocolTcp;
    std::memcpy(ip.destination, destination.ipv4(), sizeof ip.destination);
    return ip;
}

Ipv6Header ipv6_header(const Address& destination, Part part, Range range) {
    const std::size_t extension = part == Part::kWhole ? 0 : sizeof(Ipv6FragmentHeader);
    Ipv6Header ip{};
    ip.version_class_and_flow.assign(0x60000000);
    ip.payload_length.assign(static_cast<std::uint16_t>(extension + range.length()));
    ip.next_header = part == Part::kWhole ? kProtocolTcp : kProtocolFragment;
    ip.hop_limit = 64;
    std::memcpy(ip.destination, destination.bytes.data(), sizeof ip.destination);
    return ip;
}

Ipv6FragmentHeader fragment_header(Part part, Range range) {
    Ipv6FragmentHeader fragment{};
    fragment.next_header = kProtocolTcp;
    // The lowest three of an offset's bits in octets are zero, and the last one says if more
    // follow.
    fragment.offset_and_more.assign(
        static_cast<std::uint16_t>(range.first | (part == Part::kFirstFragment ? 1U : 0U)));
    return fragment;
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

/// The whole segment, its ports and numbers zero.
std::vector<std::uint8_t> segment_of(const FloodSpecification& specification, const Shape& shape) {
    std::vector<std::uint8_t> segment;
    Layout layout{segment};
    layout.append(tcp_header(shape));
    layout.append_text(shape.options.bytes);
    layout.append_text(payload_of(specification, shape.payload_length));
    return segment;
}

/// The IP header and what stands between it and the segment.
void append_ip(Layout& layout, const Address& destination, Part part, Range range,
               PacketTemplate& result) {
    if (destination.is_ipv4()) {
        const Ipv4Header ip = ipv4_header(destination, part, range);
        result.ip_offset = layout.append(ip);
        result.ip_sum.add({reinterpret_cast<const std::uint8_t*>(&ip), sizeof ip});
        result.tcp_sum.add(ip.destination);
        return;
    }
    const Ipv6Header ip = ipv6_header(destination, part, range);
    result.ip_offset = layout.append(ip);
    result.tcp_sum.add(ip.destination);
    if (part != Part::kWhole) {
        result.fragment_offset = layout.append(fragment_header(part, range));
    }
}

}  // namespace

PacketTemplate make_template(const FloodSpecification& specification, FloodKind kind, Part part,
                             const Address& destination) {
    PacketTemplate result;
    result.is_ipv4 = destination.is_ipv4();
    const Shape shape = shape_of(specification, kind, result.is_ipv4);
    const Range range = range_of(part, shape);
    const std::vector<std::uint8_t> segment = segment_of(specification, shape);
    Layout layout{result.bytes};
    append_ethernet(layout, specification, result.is_ipv4);
    append_ip(layout, destination, part, range, result);
    const std::uint16_t payload_offset =
        layout.append_text(std::span{segment}.subspan(range.first, range.length()));
    if (part == Part::kLaterFragment) {
        return result;
    }
    result.tcp_offset = payload_offset;
    if (shape.options.timestamps_position != 0) {
        result.timestamps_offset = static_cast<std::uint16_t>(payload_offset + sizeof(TcpHeader) +
                                                              shape.options.timestamps_position);
    }
    result.acknowledges = (shape.flags & kAck) != 0;
    result.tcp_sum.add(Big16::from_host(kProtocolTcp));
    result.tcp_sum.add(Big16::from_host(static_cast<std::uint16_t>(segment.size())));
    result.tcp_sum.add(segment);
    return result;
}

}  // namespace synward::flood
