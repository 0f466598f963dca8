// SPDX-License-Identifier: BSD-3-Clause
#include "wire/frame_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/checksum.h"

namespace synward::wire {
namespace {

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

/// Stores words that lie one behind the other, each eight bytes or four.
template <typename... Words>
void store(std::uint8_t* bytes, Words... words) {
    std::size_t offset = 0;
    ((std::memcpy(bytes + offset, &words, sizeof words), offset += sizeof words), ...);
}

/// Two words of a header as one: what goes first to the lower address.
Big64 joined(Big32 first, Big32 second) {
    return std::bit_cast<Big64>(first.raw() | std::uint64_t{second.raw()} << 32U);
}
static_assert(std::endian::native == std::endian::little);

/// `addresses`: the sum of both.
void write_ipv4(std::uint8_t* bytes, const Endpoints& ends, ShortChecksumSum addresses,
                std::uint8_t traffic_class, std::size_t tcp_length) {
    // No identification: what is never fragmented needs none (RFC 6864 section 4.1).
    const Big32 version_and_length =
        Big32::from_host(0x45U << 24U | std::uint32_t{traffic_class} << 16U |
                         static_cast<std::uint16_t>(sizeof(Ipv4Header) + tcp_length));
    const Big32 fragmentation = Big32::from_host(kIpv4DontFragment);
    const Big16 protocol = Big16::from_host(kUsualTimeToLive << 8U | kProtocolTcp);
    addresses.add(version_and_length);
    addresses.add(fragmentation);
    addresses.add(protocol);
    store(bytes, joined(version_and_length, fragmentation), protocol, addresses.checksum(),
          joined(ipv4_word(ends.source), ipv4_word(ends.destination)));
}

void write_ipv6(std::uint8_t* bytes, const Endpoints& ends, std::uint8_t traffic_class,
                std::size_t tcp_length) {
    Ipv6Header ip{};
    ip.version_class_and_flow.assign(6U << 28U | std::uint32_t{traffic_class} << 20U);
    ip.payload_length.assign(static_cast<std::uint16_t>(tcp_length));
    ip.next_header = kProtocolTcp;
    ip.hop_limit = kUsualTimeToLive;
    std::memcpy(ip.source, ends.source.bytes.data(), sizeof ip.source);
    std::memcpy(ip.destination, ends.destination.bytes.data(), sizeof ip.destination);
    std::memcpy(bytes, &ip, sizeof ip);
}

/// The header in front of `options_length` bytes of options, which are there already.
/// `addresses`: the sum of both, of either family.
void write_tcp(std::uint8_t* bytes, const Endpoints& ends, ShortChecksumSum addresses,
               const TcpFields& fields, unsigned options_length) {
    const auto length = static_cast<std::uint32_t>(sizeof(TcpHeader)) + options_length;
    const Big32 ports =
        Big32::from_host(std::uint32_t{ends.source_port} << 16U | ends.destination_port);
    const Big32 sequence = Big32::from_host(fields.sequence.value());
    const Big32 acknowledgment = Big32::from_host(fields.acknowledgment.value());
    const Big32 rest =
        Big32::from_host(length / 4 << 28U | std::uint32_t{fields.flags} << 16U | fields.window);
    addresses.add(ports);
    addresses.add(sequence);
    addresses.add(acknowledgment);
    addresses.add(rest);
    addresses.add(Big32::from_host(length + kProtocolTcp));
    addresses.add_words(bytes + sizeof(TcpHeader), options_length);
    store(bytes, joined(ports, sequence), joined(acknowledgment, rest), addresses.checksum(),
          Big16{});
}

/// `write_options(bytes)` writes the options and returns their length.
template <typename WriteOptions>
std::uint32_t write(std::uint8_t* frame, const Segment& segment, Direction direction,
                    const TcpFields& fields, WriteOptions&& write_options) {
    if (direction == Direction::kOpposite) {
        auto& ethernet = header_at<EthernetHeader>(frame);
        std::swap(ethernet.source, ethernet.destination);
    }
    const Endpoints ends = endpoints(segment, direction);
    std::uint8_t* const ip = frame + segment.ip_offset;
    const bool is_ipv4 = segment.is_ipv4();
    std::uint8_t* const tcp = ip + (is_ipv4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header));
    const unsigned options_length = write_options(tcp + sizeof(TcpHeader));
    const std::size_t tcp_length = sizeof(TcpHeader) + options_length;
    ShortChecksumSum addresses;
    if (is_ipv4) [[likely]] {
        addresses.add(ipv4_word(ends.source));
        addresses.add(ipv4_word(ends.destination));
        write_ipv4(ip, ends, addresses, fields.traffic_class, tcp_length);
    } else {
        addresses.add_words(ends.source.bytes.data(), sizeof(Address));
        addresses.add_words(ends.destination.bytes.data(), sizeof(Address));
        write_ipv6(ip, ends, fields.traffic_class, tcp_length);
    }
    write_tcp(tcp, ends, addresses, fields, options_length);
    return static_cast<std::uint32_t>(tcp - frame + static_cast<std::ptrdiff_t>(tcp_length));
}

}  // namespace

std::uint32_t write_segment(std::span<std::uint8_t> frame, const Segment& segment,
                            Direction direction, const TcpFields& fields,
                            const HandshakeOptions& options) {
    return write(frame.data(), segment, direction, fields, [&](std::uint8_t* target) {
        return write_handshake_options(options, {target, kMaximumOptionsLength});
    });
}

std::uint32_t write_segment(std::span<std::uint8_t> frame, const Segment& segment,
                            Direction direction, const TcpFields& fields,
                            std::span<const std::uint8_t> options) {
    return write(frame.data(), segment, direction, fields, [&](std::uint8_t* target) {
        std::copy(options.begin(), options.end(), target);
        return static_cast<unsigned>(options.size());
    });
}

}  // namespace synward::wire
