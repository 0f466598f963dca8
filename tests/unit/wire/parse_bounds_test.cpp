// SPDX-License-Identifier: BSD-3-Clause
//
// What parse() may touch: every buffer here is as long as what it is told and not a byte longer, so
// that the address sanitizer sees a read behind it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>

#include "support/icmp_error.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;
using test::FrameBuilder;

FrameBuilder plain_ipv4() {
    return FrameBuilder{}.ipv4("192.0.2.1", "198.51.100.2").options(Bytes(12, 1)).payload(9);
}
FrameBuilder plain_ipv6() {
    return FrameBuilder{}.ipv6("2001:db8::1", "2001:db8:1::2").options(Bytes(8, 1)).payload(9);
}
FrameBuilder long_ipv6() {
    return plain_ipv6()
        .vlan(1, kEtherTypeQinq)
        .vlan(2)
        .extension_of_units(kProtocolHopByHop, 1)
        .extension_of_units(kProtocolRouting, 2)
        .ipv6_fragment(0, false)
        .authentication(12)
        .extension_of_units(kProtocolDestinationOptions, 1);
}
FrameBuilder long_ipv4() {
    return plain_ipv4().vlan(1).vlan(2).ip_options(Bytes(40, 1));
}

/// The first `length` bytes of `frame`, alone on the heap.
std::unique_ptr<std::uint8_t[]> exact_copy(const Bytes& frame, std::size_t length) {
    auto copy = std::make_unique<std::uint8_t[]>(length);
    std::copy_n(frame.begin(), length, copy.get());
    return copy;
}

ParseResult parse_prefix(const Bytes& frame, std::size_t length, std::size_t frame_length,
                         Segment& segment) {
    const auto copy = exact_copy(frame, length);
    return parse({copy.get(), length}, static_cast<std::uint32_t>(frame_length), Side::kOutside,
                 segment);
}

/// The reason of a TCP frame of which only the first `length` bytes arrived.
Reason expected_reason(const FrameBuilder& frame, std::size_t length) {
    const std::size_t ip_length = length - frame.ip_offset();
    if (frame.is_ipv4()) {
        const std::size_t header_length = (frame.bytes()[frame.ip_offset()] & 0x0fU) * 4;
        return ip_length < header_length ? Reason::kIpv4HeaderLength : Reason::kIpv4TotalLength;
    }
    return ip_length < 40 ? Reason::kIpv6Header : Reason::kIpv6PayloadLength;
}

TEST(ParseBounds, EveryLengthOfATruncatedFrame) {
    for (const FrameBuilder& builder : {plain_ipv4(), plain_ipv6(), long_ipv4()}) {
        const Bytes frame = builder.bytes();
        for (std::size_t length = 0; length < frame.size(); ++length) {
            Segment segment;
            const ParseResult result = parse_prefix(frame, length, length, segment);
            if (length < builder.ip_offset()) {
                EXPECT_EQ(result.kind, FrameKind::kNotTcp) << length;
                continue;
            }
            ASSERT_EQ(result.kind, FrameKind::kMalformed) << length;
            EXPECT_EQ(result.malformed, expected_reason(builder, length)) << length;
            const std::size_t addresses_end = builder.ip_offset() + (builder.is_ipv4() ? 20 : 40);
            EXPECT_EQ(segment.tuple.inside_address == Address{}, length < addresses_end) << length;
        }
        Segment segment;
        EXPECT_EQ(parse_prefix(frame, frame.size(), frame.size(), segment).kind, FrameKind::kTcp);
    }
}

TEST(ParseBounds, EveryLengthOfATruncatedExtensionChain) {
    const Bytes frame = long_ipv6().bytes();
    const std::size_t chain = long_ipv6().ip_offset() + 40;
    for (std::size_t length = chain; length < frame.size(); ++length) {
        Segment segment;
        const ParseResult result = parse_prefix(frame, length, length, segment);
        ASSERT_EQ(result.kind, FrameKind::kMalformed) << length;
        // The last of the five headers begins 56 octets in; with it all are known.
        EXPECT_EQ(result.malformed, length < chain + 56 + 8 ? Reason::kIpv6ExtensionChain
                                                            : Reason::kIpv6PayloadLength)
            << length;
    }
}

TEST(ParseBounds, EveryLengthOfTheFirstPiece) {
    for (const FrameBuilder& builder : {plain_ipv4(), plain_ipv6(), long_ipv4(), long_ipv6()}) {
        const Bytes frame = builder.bytes();
        Segment whole;
        ASSERT_EQ(parse_prefix(frame, frame.size(), frame.size(), whole).kind, FrameKind::kTcp);
        for (std::size_t length = 0; length <= frame.size(); ++length) {
            Segment segment;
            const ParseResult result = parse_prefix(frame, length, frame.size(), segment);
            if (length >= whole.payload_offset()) {
                EXPECT_EQ(result.kind, FrameKind::kTcp) << length;
                EXPECT_EQ(segment.payload_length, 9) << length;
            } else if (length >= whole.tcp_offset) {
                ASSERT_EQ(result.kind, FrameKind::kMalformed) << length;
                EXPECT_EQ(result.malformed, Reason::kTcpHeaderTruncated) << length;
            } else {
                EXPECT_NE(result.kind, FrameKind::kTcp) << length;
            }
        }
    }
}

// Seeded, so a failure repeats itself.
TEST(ParseBounds, MutatedFrames) {
    const std::array<Bytes, 5> frames{
        plain_ipv4().bytes(), plain_ipv6().bytes(), long_ipv4().bytes(), long_ipv6().bytes(),
        test::IcmpError{}.about(plain_ipv4().bytes(), plain_ipv4().ip_offset())};
    std::mt19937 random{20240229};
    std::array<unsigned, 5> kinds{};
    for (int i = 0; i < 400'000; ++i) {
        Bytes frame = frames[random() % frames.size()];
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            frame[12 + random() % (frame.size() - 12)] = static_cast<std::uint8_t>(random());
        }
        const std::size_t length = random() % 4 == 0 ? random() % (frame.size() + 1) : frame.size();
        const std::size_t frame_length = length + (random() % 4 == 0 ? random() % 2000 : 0);
        Segment segment;
        const ParseResult result = parse_prefix(frame, length, frame_length, segment);
        ++kinds[static_cast<std::size_t>(result.kind)];
        if (result.kind == FrameKind::kTcp) {
            ASSERT_GE(segment.tcp_header_length, 20);
            ASSERT_LE(segment.payload_offset(), length);
            ASSERT_LE(segment.frame_length(), frame_length);
            ASSERT_EQ(segment.tuple.outside_address.is_ipv4(),
                      segment.tuple.inside_address.is_ipv4());
        }
        if (result.kind == FrameKind::kMalformed) {
            ASSERT_EQ(disposition(result.malformed), Disposition::kDropped);
        }
    }
    for (const unsigned count : kinds) {
        EXPECT_GT(count, 100U) << "the mutations do not reach every outcome";
    }
}

}  // namespace
}  // namespace synward::wire
