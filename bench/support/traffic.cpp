// SPDX-License-Identifier: BSD-3-Clause
#include "support/traffic.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace synward::bench {
namespace {

constexpr std::uint16_t kServicePort = 443;
constexpr std::uint8_t kEthernetLength = 14;
constexpr std::uint32_t kLeastFrame = 60;

wire::Address ipv4(std::uint32_t value) {
    const auto big = wire::Big32::from_host(value);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &big, sizeof big);
    return wire::Address::from_ipv4(bytes.data());
}

wire::Address service_address(unsigned number) {
    return ipv4((10U << 24U) + (number << 4U) + 1);
}

void write_ethernet(std::uint8_t* bytes, wire::Side from) {
    wire::EthernetHeader ethernet{};
    ethernet.source[0] = ethernet.destination[0] = 2;
    (from == wire::Side::kOutside ? ethernet.source : ethernet.destination)[5] = 1;
    ethernet.ether_type.assign(0x0800);
    std::memcpy(bytes, &ethernet, sizeof ethernet);
}

/// Makes a frame without data one with `count` octets of zeros.
void append_zeros(std::span<std::uint8_t> frame, wire::Segment& segment, std::uint16_t count) {
    std::memset(&frame[segment.payload_offset()], 0, count);
    segment.payload_length = count;
    auto& ip = wire::header_at<wire::Ipv4Header>(&frame[kEthernetLength]);
    ip.total_length.assign(static_cast<std::uint16_t>(segment.frame_length() - kEthernetLength));
    ip.checksum = wire::ipv4_header_checksum({&frame[kEthernetLength], sizeof ip});
    wire::set_tcp_checksum(frame, segment);
}

}  // namespace

defense::Policy policy_of(unsigned count, defense::Challenge challenge) {
    defense::Policy policy;
    for (unsigned number = 0; number < count; ++number) {
        policy.services.push_back({.name = "service" + std::to_string(number),
                                   .addresses = {{service_address(number), 32}},
                                   .ports = {{kServicePort, kServicePort}},
                                   .challenge = challenge});
    }
    policy.hold.connections = 8192;
    policy.sources.answers = 10'000'000;  // strays come from one prefix each, at any rate
    policy.hold.segments = 8 * 8192;
    return policy;
}

wire::FourTuple tuple_of(std::uint32_t number, unsigned services) {
    return {.outside_address = ipv4((198U << 24U) + (number >> 12U)),
            .inside_address = service_address(number % services),
            .outside_port = static_cast<std::uint16_t>(1024 + (number & 0xfffU) * 15),
            .inside_port = kServicePort};
}

std::uint32_t number_of(const wire::FourTuple& tuple) {
    wire::Big32 address;
    std::memcpy(&address, tuple.outside_address.ipv4(), sizeof address);
    return (address.host() - (198U << 24U)) << 12U | (tuple.outside_port - 1024U) / 15U;
}

std::uint32_t write_frame(std::span<std::uint8_t> frame, const Draft& draft) {
    write_ethernet(frame.data(), draft.from);
    wire::Segment segment{.tuple = draft.tuple, .ip_offset = kEthernetLength, .from = draft.from};
    std::uint32_t end =
        wire::write_segment(frame, segment, wire::Direction::kSame, draft.fields, draft.options);
    if (draft.payload != 0) {
        wire::parse(frame.first(end), end, draft.from, segment);
        append_zeros(frame, segment, draft.payload);
        end = segment.frame_length();
    }
    if (end < kLeastFrame) {
        std::memset(&frame[end], 0, kLeastFrame - end);
    }
    return std::max(end, kLeastFrame);
}

wire::Segment read_frame(std::span<const std::uint8_t> frame, wire::Side left_by) {
    wire::Segment segment;
    wire::parse(frame, static_cast<std::uint32_t>(frame.size()), opposite(left_by), segment);
    return segment;
}

std::uint32_t timestamp_value(std::span<const std::uint8_t> frame, const wire::Segment& segment) {
    const auto options = frame.subspan(segment.options_offset(), segment.options_length());
    const auto positions = wire::find_options(options);
    return positions && positions->timestamps != 0
               ? wire::timestamps_at(options, positions->timestamps).value
               : 0;
}

wire::HandshakeOptions linux_options(std::uint32_t timestamp, std::uint32_t echo) {
    return {.mss = 1460,
            .window_scale = 7,
            .sack_permitted = true,
            .timestamps = wire::Timestamps{timestamp, echo}};
}

}  // namespace synward::bench
