// SPDX-License-Identifier: BSD-3-Clause
#include "wire/frame_writer.h"

#include <algorithm>
#include <cstring>

#include "wire/checksum.h"

namespace synward::wire {
namespace {

constexpr std::uint8_t kTimeToLive = 64;  // RFC 1700's recommendation, and what servers send

/// What a new segment's headers say of where it comes from and goes to.
struct Endpoints {
    const Address& source;
    const Address& destination;
    std::uint16_t source_port;
    std::uint16_t destination_port;
};

Endpoints endpoints(const Segment& segment, Direction direction) {
    const FourTuple& tuple = segment.tuple;
    const bool from_outside = (segment.from == Side::kOutside) == (direction == Direction::kSame);
    if (from_outside) {
        return {tuple.outside_address, tuple.inside_address, tuple.outside_port, tuple.inside_port};
    }
    return {tuple.inside_address, tuple.outside_address, tuple.inside_port, tuple.outside_port};
}

void write_ipv4(std::uint8_t* bytes, const Endpoints& ends, std::uint8_t traffic_class,
                std::size_t tcp_length) {
    Ipv4Header ip{};
    ip.version_and_length = 0x45;
    ip.traffic_class = traffic_class;
    ip.total_length.assign(static_cast<std::uint16_t>(sizeof ip + tcp_length));
    // No identification: what is never fragmented needs none (RFC 6864 section 4.1).
    ip.flags_and_fragment_offset.assign(kIpv4DontFragment);
    ip.time_to_live = kTimeToLive;
    ip.protocol = kProtocolTcp;
    std::memcpy(ip.source, ends.source.ipv4(), sizeof ip.source);
    std::memcpy(ip.destination, ends.destination.ipv4(), sizeof ip.destination);
    std::memcpy(bytes, &ip, sizeof ip);
    header_at<Ipv4Header>(bytes).checksum = ipv4_header_checksum({bytes, sizeof ip});
}

void write_ipv6(std::uint8_t* bytes, const Endpoints& ends, std::uint8_t traffic_class,
                std::size_t tcp_length) {
    Ipv6Header ip{};
    ip.version_class_and_flow.assign(6U << 28U | std::uint32_t{traffic_class} << 20U);
    ip.payload_length.assign(static_cast<std::uint16_t>(tcp_length));
    ip.next_header = kProtocolTcp;
    ip.hop_limit = kTimeToLive;
    std::memcpy(ip.source, ends.source.bytes.data(), sizeof ip.source);
    std::memcpy(ip.destination, ends.destination.bytes.data(), sizeof ip.destination);
    std::memcpy(bytes, &ip, sizeof ip);
}

void write_tcp(std::uint8_t* bytes, const Endpoints& ends, const TcpFields& fields,
               std::span<const std::uint8_t> options) {
    TcpHeader tcp{};
    tcp.source_port.assign(ends.source_port);
    tcp.destination_port.assign(ends.destination_port);
    tcp.sequence.assign(fields.sequence.value());
    tcp.acknowledgment.assign(fields.acknowledgment.value());
    tcp.data_offset_and_reserved =
        static_cast<std::uint8_t>((sizeof tcp + options.size()) / 4 << 4U);
    tcp.flags = fields.flags;
    tcp.window.assign(fields.window);
    std::memcpy(bytes, &tcp, sizeof tcp);
    std::copy(options.begin(), options.end(), bytes + sizeof tcp);
}

}  // namespace

std::uint32_t write_segment(std::span<std::uint8_t> frame, Segment& segment, Direction direction,
                            const TcpFields& fields, std::span<const std::uint8_t> options) {
    if (direction == Direction::kOpposite) {
        auto& ethernet = header_at<EthernetHeader>(frame.data());
        std::swap(ethernet.source, ethernet.destination);
    }
    const Endpoints ends = endpoints(segment, direction);
    const std::size_t tcp_length = sizeof(TcpHeader) + options.size();
    std::uint8_t* const ip = frame.data() + segment.ip_offset;
    std::size_t ip_length = sizeof(Ipv6Header);
    if (segment.is_ipv4()) {
        write_ipv4(ip, ends, fields.traffic_class, tcp_length);
        ip_length = sizeof(Ipv4Header);
    } else {
        write_ipv6(ip, ends, fields.traffic_class, tcp_length);
    }
    write_tcp(ip + ip_length, ends, fields, options);

    segment.sequence = fields.sequence;
    segment.acknowledgment = fields.acknowledgment;
    segment.window = fields.window;
    segment.payload_length = 0;
    segment.tcp_offset = static_cast<std::uint16_t>(segment.ip_offset + ip_length);
    segment.tcp_header_length = static_cast<std::uint8_t>(tcp_length);
    segment.flags = fields.flags;
    set_tcp_checksum(frame, segment);
    return segment.frame_length();
}

}  // namespace synward::wire
