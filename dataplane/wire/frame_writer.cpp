// SPDX-License-Identifier: BSD-3-Clause
#include "wire/frame_writer.h"

#include <algorithm>
#include <array>
#include <bit>
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

/// Words of a header before they are in memory, to be summed up without being read back.
template <std::size_t kCount>
using Words = std::array<Big32, kCount>;

template <std::size_t kCount>
void write_words(std::uint8_t* bytes, const Words<kCount>& words, ChecksumSum& sum) {
    std::uint64_t so_few = 0;  // that no carry leaves 64 bits
    for (const Big32 word : words) {
        so_few += word.raw();
    }
    sum.add(std::bit_cast<Big64>(so_few));
    std::memcpy(bytes, words.data(), sizeof words);
}

/// Copies a text of whole 32-bit words and adds them to the sum. By the look of it for vectors, but
/// these texts are too short for any.
void copy_words(std::uint8_t* target, std::span<const std::uint8_t> text, ChecksumSum& sum) {
    const auto copy = [&](std::size_t offset, auto word) {
        std::memcpy(&word, text.data() + offset, sizeof word);
        std::memcpy(target + offset, &word, sizeof word);
        sum.add(word);
    };
    std::size_t offset = 0;
    for (; offset + sizeof(Big64) <= text.size(); offset += sizeof(Big64)) {
        copy(offset, Big64{});
    }
    if (offset != text.size()) {
        copy(offset, Big32{});
    }
}

/// `addresses`: the sum of both.
void write_ipv4(std::uint8_t* bytes, const Endpoints& ends, ChecksumSum addresses,
                std::uint8_t traffic_class, std::size_t tcp_length) {
    // No identification: what is never fragmented needs none (RFC 6864 section 4.1).
    const Words<3> words{
        Big32::from_host(0x45U << 24U | std::uint32_t{traffic_class} << 16U |
                         static_cast<std::uint16_t>(sizeof(Ipv4Header) + tcp_length)),
        Big32::from_host(kIpv4DontFragment),
        Big32::from_host(std::uint32_t{kTimeToLive} << 24U | std::uint32_t{kProtocolTcp} << 16U)};
    write_words(bytes, words, addresses);
    auto& ip = header_at<Ipv4Header>(bytes);
    ip.checksum = addresses.checksum();
    std::memcpy(ip.source, ends.source.ipv4(), sizeof ip.source);
    std::memcpy(ip.destination, ends.destination.ipv4(), sizeof ip.destination);
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

/// `addresses`: the sum of both, of either family (an IPv4 address's mapped prefix counts as zero).
void write_tcp(std::uint8_t* bytes, const Endpoints& ends, ChecksumSum addresses,
               const TcpFields& fields, std::span<const std::uint8_t> options) {
    const auto length = static_cast<std::uint32_t>(sizeof(TcpHeader) + options.size());
    const Words<4> words{
        Big32::from_host(std::uint32_t{ends.source_port} << 16U | ends.destination_port),
        Big32::from_host(fields.sequence.value()), Big32::from_host(fields.acknowledgment.value()),
        Big32::from_host(length / 4 << 28U | std::uint32_t{fields.flags} << 16U | fields.window)};
    write_words(bytes, words, addresses);
    addresses.add(Big32::from_host(length));
    addresses.add(Big32::from_host(kProtocolTcp));
    copy_words(bytes + sizeof(TcpHeader), options, addresses);
    auto& tcp = header_at<TcpHeader>(bytes);
    tcp.checksum = addresses.checksum();
    tcp.urgent_pointer = {};
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
    ChecksumSum addresses;
    addresses.add(ends.source);
    addresses.add(ends.destination);
    std::uint8_t* const ip = frame.data() + segment.ip_offset;
    std::size_t ip_length = sizeof(Ipv6Header);
    if (segment.is_ipv4()) {
        write_ipv4(ip, ends, addresses, fields.traffic_class, tcp_length);
        ip_length = sizeof(Ipv4Header);
    } else {
        write_ipv6(ip, ends, fields.traffic_class, tcp_length);
    }
    write_tcp(ip + ip_length, ends, addresses, fields, options);

    segment.sequence = fields.sequence;
    segment.acknowledgment = fields.acknowledgment;
    segment.window = fields.window;
    segment.payload_length = 0;
    segment.tcp_offset = static_cast<std::uint16_t>(segment.ip_offset + ip_length);
    segment.tcp_header_length = static_cast<std::uint8_t>(tcp_length);
    segment.flags = fields.flags;
    return segment.frame_length();
}

}  // namespace synward::wire
