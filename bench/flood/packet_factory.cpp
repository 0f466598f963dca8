// SPDX-License-Identifier: BSD-3-Clause
#include "flood/packet_factory.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "wire/headers.h"

namespace synward::flood {
namespace {

using namespace wire;

std::vector<Prefix> prefixes_of_family(const std::vector<Prefix>& given, bool ipv4) {
    std::vector<Prefix> result;
    std::ranges::copy_if(given, std::back_inserter(result),
                         [&](const Prefix& prefix) { return prefix.is_ipv4() == ipv4; });
    if (result.empty()) {
        result.push_back(*Prefix::parse(ipv4 ? "198.18.0.0/15" : "2001:2::/48"));
    }
    return result;
}

/// What the packets of a flood are, each as often as the others.
std::vector<std::pair<FloodKind, Part>> parts_of(FloodKind kind) {
    if (kind == FloodKind::kFragment) {
        return {{kind, Part::kFirstFragment}, {kind, Part::kLaterFragment}};
    }
    if (kind != FloodKind::kMixed) {
        return {{kind, Part::kWhole}};
    }
    std::vector<std::pair<FloodKind, Part>> parts;
    for (const FloodKind one :
         {FloodKind::kSyn, FloodKind::kAck, FloodKind::kFin, FloodKind::kRst, FloodKind::kSynAck}) {
        parts.emplace_back(one, Part::kWhole);
    }
    return parts;
}

std::vector<std::uint16_t> expanded(const std::vector<PortRange>& ranges) {
    std::vector<std::uint16_t> ports;
    for (const PortRange& range : ranges) {
        for (unsigned port = range.first; port <= range.last; ++port) {
            ports.push_back(static_cast<std::uint16_t>(port));
        }
    }
    return ports;
}

void check(const FloodSpecification& specification) {
    const auto require = [](bool condition, const char* otherwise) {
        if (!condition) {
            throw std::invalid_argument(otherwise);
        }
    };
    require(!specification.destinations.empty(), "a flood needs a destination");
    require(!specification.destination_ports.empty(), "a flood needs a destination port");
    require(specification.source_ports.first <= specification.source_ports.last,
            "the range of source ports is empty");
    require(specification.payload_length <= kMaximumPayload, "more than 1400 bytes of data");
    require(!specification.vlan || (*specification.vlan >= 1 && *specification.vlan <= 4094),
            "a VLAN is a number from 1 to 4094");
}

/// The per-packet fields of the IP header, and what they add to the sums.
void write_ip(std::uint8_t* ip_header, const PacketTemplate& from, const SourcePool::Source& source,
              std::uint32_t identification, ChecksumSum& tcp_sum) {
    if (from.is_ipv4) {
        auto& ip = header_at<Ipv4Header>(ip_header);
        const Big32 address = Big32::from_host(low_half(source.low));
        std::memcpy(ip.source, &address, sizeof address);
        ip.identification.assign(static_cast<std::uint16_t>(identification));
        ChecksumSum ip_sum = from.ip_sum;
        ip_sum.add(address);
        ip_sum.add(ip.identification);
        ip.checksum = ip_sum.checksum();
        tcp_sum.add(address);
        return;
    }
    constexpr std::uint32_t kFlowLabelBits = 0xfffff;
    auto& ip = header_at<Ipv6Header>(ip_header);
    for (const std::size_t word : {0, 1, 2, 3}) {
        const std::uint64_t half = word < 2 ? source.high : source.low;
        const Big32 part = Big32::from_host(word % 2 == 0 ? high_half(half) : low_half(half));
        std::memcpy(ip.source + 4 * word, &part, sizeof part);
        tcp_sum.add(part);
    }
    ip.version_class_and_flow.assign(ip.version_class_and_flow.host() |
                                     (identification & kFlowLabelBits));
    if (from.fragment_offset != 0) {
        std::uint8_t* const extension = ip_header + (from.fragment_offset - from.ip_offset);
        header_at<Ipv6FragmentHeader>(extension).identification.assign(identification);
    }
}

}  // namespace

PacketFactory::PacketFactory(const FloodSpecification& specification)
    : source_ports_{specification.source_ports}, random_{specification.seed} {
    check(specification);
    for (const Address& destination : specification.destinations) {
        for (const auto& [kind, part] : parts_of(specification.kind)) {
            templates_.push_back(make_template(specification, kind, part, destination));
            maximum_length_ = std::max(maximum_length_, templates_.back().bytes.size());
        }
    }
    for (const bool ipv4 : {true, false}) {
        pools_.emplace_back(prefixes_of_family(specification.source_prefixes, ipv4),
                            specification.sources);
    }
    destination_ports_ = expanded(specification.destination_ports);
}

std::uint32_t PacketFactory::write_next(std::span<std::uint8_t> frame) {
    const std::uint64_t choice = random_.next();
    const std::uint64_t ports = random_.next();
    const std::uint64_t numbers = random_.next();
    const std::uint64_t various = random_.next();
    const PacketTemplate& from = templates_[below(low_half(choice), templates_.size())];
    std::memcpy(frame.data(), from.bytes.data(), from.bytes.size());
    ChecksumSum sum = from.tcp_sum;

    const SourcePool& pool = pools_[from.is_ipv4 ? 0 : 1];
    write_ip(frame.data() + from.ip_offset, from, pool.pick(random_), low_half(various), sum);
    if (from.tcp_offset == 0) {
        return static_cast<std::uint32_t>(from.bytes.size());
    }

    auto& tcp = header_at<TcpHeader>(frame.data() + from.tcp_offset);
    const std::uint64_t source_port_count = source_ports_.last - source_ports_.first + 1U;
    tcp.source_port.assign(static_cast<std::uint16_t>(source_ports_.first +
                                                      below(low_half(ports), source_port_count)));
    tcp.destination_port.assign(
        destination_ports_[below(high_half(ports), destination_ports_.size())]);
    tcp.sequence.assign(low_half(numbers));
    sum.add(tcp.source_port);
    sum.add(tcp.destination_port);
    sum.add(tcp.sequence);
    if (from.acknowledges) {
        tcp.acknowledgment.assign(high_half(numbers));
        sum.add(tcp.acknowledgment);
    }
    if (from.timestamps_offset != 0) {
        std::uint8_t* timestamps = frame.data() + from.timestamps_offset;
        auto& value = header_at<Big32>(timestamps);
        value.assign(high_half(various));
        sum.add(value);
        if (from.acknowledges) {  // a SYN has no timestamp to echo: RFC 7323 section 3.2
            auto& echo_reply = header_at<Big32>(timestamps + 4);
            echo_reply.assign(high_half(choice));
            sum.add(echo_reply);
        }
    }
    tcp.checksum = sum.checksum();
    return static_cast<std::uint32_t>(from.bytes.size());
}

}  // namespace synward::flood
