// SPDX-License-Identifier: BSD-3-Clause
#include "wire/parse.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "support/case_name.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::address;
using test::Bytes;
using test::FrameBuilder;
using test::ipv4_frame;
using test::ipv6_frame;
using test::Parsed;

TEST(Parse, FillsTheWholeSegment) {
    const Bytes frame = ipv4_frame()
                            .tcp(40001, 443, 0x89abcdef, 0x76543210)
                            .flags(kAck | kPsh)
                            .window(0xfedc)
                            .options({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8})
                            .payload(100)
                            .bytes();
    const auto [result, segment] = test::parse(frame);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(segment.tuple,
              (FourTuple{address("192.0.2.1"), address("198.51.100.2"), 40001, 443}));
    EXPECT_EQ(segment.sequence.value(), 0x89abcdef);
    EXPECT_EQ(segment.acknowledgment.value(), 0x76543210);
    EXPECT_EQ(segment.window, 0xfedc);
    EXPECT_EQ(segment.flags, kAck | kPsh);
    EXPECT_EQ(segment.ip_offset, 14);
    EXPECT_EQ(segment.tcp_offset, 34);
    EXPECT_EQ(segment.tcp_header_length, 32);
    EXPECT_EQ(segment.options_offset(), 54U);
    EXPECT_EQ(segment.options_length(), 12U);
    EXPECT_EQ(segment.payload_length, 100);
    EXPECT_EQ(segment.frame_length(), frame.size());
    EXPECT_EQ(segment.from, Side::kOutside);
    EXPECT_TRUE(segment.is_ipv4());
}

TEST(Parse, BothDirectionsGiveTheSameTuple) {
    const FourTuple ipv4{address("192.0.2.1"), address("198.51.100.2"), 40001, 443};
    const Parsed there = test::parse(ipv4_frame().tcp(40001, 443).bytes(), Side::kOutside);
    const Parsed back = test::parse(
        FrameBuilder{}.ipv4("198.51.100.2", "192.0.2.1").tcp(443, 40001).bytes(), Side::kInside);
    ASSERT_TRUE(there.is_tcp() && back.is_tcp());
    EXPECT_EQ(there.segment.tuple, ipv4);
    EXPECT_EQ(back.segment.tuple, ipv4);
    EXPECT_EQ(back.segment.from, Side::kInside);

    const FourTuple ipv6{address("2001:db8::1"), address("2001:db8:1::2"), 40001, 443};
    const Parsed there6 = test::parse(ipv6_frame().tcp(40001, 443).bytes(), Side::kOutside);
    const Parsed back6 = test::parse(
        FrameBuilder{}.ipv6("2001:db8:1::2", "2001:db8::1").tcp(443, 40001).bytes(), Side::kInside);
    ASSERT_TRUE(there6.is_tcp() && back6.is_tcp());
    EXPECT_EQ(there6.segment.tuple, ipv6);
    EXPECT_EQ(back6.segment.tuple, ipv6);
    EXPECT_FALSE(back6.segment.is_ipv4());
}

struct LayoutCase {
    const char* name;
    FrameBuilder frame;
    unsigned ip_offset;
    unsigned tcp_offset;
};
void PrintTo(const LayoutCase& layout, std::ostream* out) {
    *out << layout.name;
}

class ParseLayout : public testing::TestWithParam<LayoutCase> {};

TEST_P(ParseLayout, FindsTcpBehindWhatComesBefore) {
    const LayoutCase& layout = GetParam();
    const auto frame = FrameBuilder{layout.frame}.tcp(7, 9, 11, 13).payload(5).padding(3).bytes();
    const auto [result, segment] = test::parse(frame);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(segment.ip_offset, layout.ip_offset);
    EXPECT_EQ(segment.tcp_offset, layout.tcp_offset);
    EXPECT_EQ(segment.tuple.outside_port, 7);
    EXPECT_EQ(segment.tuple.inside_port, 9);
    EXPECT_EQ(segment.sequence.value(), 11U);
    EXPECT_EQ(segment.acknowledgment.value(), 13U);
    EXPECT_EQ(segment.payload_length, 5) << "padding is no payload";
    EXPECT_EQ(segment.frame_length(), frame.size() - 3);
}

FrameBuilder eight_extensions() {
    FrameBuilder frame = ipv6_frame().extension_of_units(kProtocolHopByHop, 1);
    for (int i = 0; i < 7; ++i) {
        frame.extension_of_units(kProtocolDestinationOptions, 1);
    }
    return frame;
}

INSTANTIATE_TEST_SUITE_P(
    , ParseLayout,
    testing::Values(
        LayoutCase{"Ipv4", ipv4_frame(), 14, 34},
        LayoutCase{"Ipv4Vlan", ipv4_frame().vlan(5), 18, 38},
        LayoutCase{"Ipv4ServiceTag", ipv4_frame().vlan(5, kEtherTypeQinq), 18, 38},
        LayoutCase{"Ipv4QinQ", ipv4_frame().vlan(5, kEtherTypeQinq).vlan(6), 22, 42},
        LayoutCase{"Ipv4TwoCustomerTags", ipv4_frame().vlan(5).vlan(6), 22, 42},
        LayoutCase{"Ipv4TagsInverted", ipv4_frame().vlan(5).vlan(6, kEtherTypeQinq), 22, 42},
        LayoutCase{"Ipv4Options", ipv4_frame().ip_options({1, 1, 1, 0}), 14, 38},
        LayoutCase{"Ipv4FortyOctetsOfOptions", ipv4_frame().ip_options(Bytes(40, 1)), 14, 74},
        LayoutCase{"Ipv4MayFragment", ipv4_frame().fragment_field(0), 14, 34},
        LayoutCase{"Ipv4ReservedFlag", ipv4_frame().fragment_field(0x8000), 14, 34},
        LayoutCase{"Ipv6", ipv6_frame(), 14, 54},
        LayoutCase{"Ipv6Vlan", ipv6_frame().vlan(5), 18, 58},
        LayoutCase{"Ipv6QinQ", ipv6_frame().vlan(5, kEtherTypeQinq).vlan(6), 22, 62},
        LayoutCase{"Ipv6HopByHop", ipv6_frame().extension_of_units(kProtocolHopByHop, 1), 14, 62},
        LayoutCase{"Ipv6Routing", ipv6_frame().extension_of_units(kProtocolRouting, 3), 14, 78},
        LayoutCase{"Ipv6DestinationOptions",
                   ipv6_frame().extension_of_units(kProtocolDestinationOptions, 32), 14, 310},
        LayoutCase{"Ipv6Mobility", ipv6_frame().extension_of_units(kProtocolMobility, 2), 14, 70},
        LayoutCase{"Ipv6Authentication", ipv6_frame().authentication(12), 14, 78},
        LayoutCase{"Ipv6AtomicFragmentRfc6946", ipv6_frame().ipv6_fragment(0, false), 14, 62},
        LayoutCase{"Ipv6Chain",
                   ipv6_frame()
                       .vlan(5)
                       .extension_of_units(kProtocolHopByHop, 1)
                       .extension_of_units(kProtocolRouting, 1)
                       .ipv6_fragment(0, false)
                       .authentication(4)
                       .extension_of_units(kProtocolDestinationOptions, 1),
                   18, 106},
        LayoutCase{"Ipv6EightExtensions", eight_extensions(), 14, 118}),
    test::CaseName{});

TEST(Parse, CarriesEveryFlagCombination) {
    for (unsigned flags = 0; flags < 256; ++flags) {
        const auto [result, segment] = test::parse(ipv4_frame().flags(flags).bytes());
        ASSERT_EQ(result.kind, FrameKind::kTcp) << flags;
        EXPECT_EQ(segment.flags, flags);
    }
}

TEST(Parse, LongestIpv4Packet) {
    const Bytes frame = ipv4_frame().payload(65535 - 40).bytes();
    const auto [result, segment] = test::parse(frame);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(segment.payload_length, 65535 - 40);
    EXPECT_EQ(segment.frame_length(), frame.size());
}

TEST(Parse, LongestIpv6Packet) {
    const Bytes frame = ipv6_frame().vlan(1).vlan(2).payload(65535 - 20).bytes();
    const auto [result, segment] = test::parse(frame);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(segment.payload_length, 65535 - 20);
    EXPECT_EQ(segment.frame_length(), frame.size());
}

// A multi-segment packet: only its headers lie in the first piece.
TEST(Parse, PayloadMayLieInFurtherPieces) {
    for (const FrameBuilder& builder : {ipv4_frame(), ipv6_frame()}) {
        const Bytes whole = FrameBuilder{builder}.payload(8000).bytes();
        const std::size_t headers = whole.size() - 8000;
        const Bytes piece(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(headers));
        Segment segment;
        const ParseResult result =
            parse(piece, static_cast<std::uint32_t>(whole.size()), Side::kOutside, segment);
        ASSERT_EQ(result.kind, FrameKind::kTcp);
        EXPECT_EQ(segment.payload_length, 8000);
    }
}

struct OtherCase {
    const char* name;
    Bytes frame;
};
void PrintTo(const OtherCase& other, std::ostream* out) {
    *out << other.name;
}

class ParseOther : public testing::TestWithParam<OtherCase> {};

TEST_P(ParseOther, IsNotTcp) {
    EXPECT_EQ(test::parse(GetParam().frame).result.kind, FrameKind::kNotTcp);
}

Bytes cut(Bytes frame, std::size_t length) {
    frame.resize(length);
    return frame;
}

INSTANTIATE_TEST_SUITE_P(
    , ParseOther,
    testing::Values(
        OtherCase{"Empty", {}}, OtherCase{"Thirteen", Bytes(13, 0xff)},
        OtherCase{"Arp", ipv4_frame().ether_type(0x0806).bytes()},
        OtherCase{"Ieee8023Length", ipv4_frame().ether_type(0x0040).bytes()},
        OtherCase{"ArpInVlan", ipv4_frame().vlan(5).ether_type(0x0806).bytes()},
        OtherCase{"ThreeTags", ipv4_frame().vlan(1).vlan(2).vlan(3).bytes()},
        OtherCase{"TagCutOff", cut(ipv4_frame().vlan(1).bytes(), 17)},
        OtherCase{"SecondTagCutOff", cut(ipv4_frame().vlan(1).vlan(2).bytes(), 20)},
        OtherCase{"Ipv4Udp", ipv4_frame().protocol(17).bytes()},
        OtherCase{"Ipv4UdpFragment", ipv4_frame().protocol(17).fragment_field(0x2000).bytes()},
        OtherCase{"Ipv4UdpBadLength", ipv4_frame().protocol(17).total_length(9999).bytes()},
        OtherCase{"Ipv4UdpBadIhl", ipv4_frame().protocol(17).ihl(2).bytes()},
        OtherCase{"Ipv4UdpBadVersion", ipv4_frame().protocol(17).ip_version(7).bytes()},
        OtherCase{"Ipv4UdpCutOff", cut(ipv4_frame().protocol(17).bytes(), 24)},
        OtherCase{"Ipv6Udp", ipv6_frame().protocol(17).bytes()},
        OtherCase{"Ipv6NoNextHeader", ipv6_frame().protocol(kProtocolNone).bytes()},
        OtherCase{"Ipv6UdpBadLength", ipv6_frame().protocol(17).ipv6_payload_length(999).bytes()},
        OtherCase{"Ipv6UdpBadVersion", ipv6_frame().protocol(17).ip_version(4).bytes()},
        OtherCase{"Ipv6UdpCutOff", cut(ipv6_frame().protocol(17).bytes(), 21)},
        OtherCase{"Ipv6UdpMapped",
                  FrameBuilder{}.ipv6("::ffff:1.2.3.4", "2001:db8::1").protocol(17).bytes()},
        OtherCase{"Icmpv6BehindHopByHop",
                  ipv6_frame().extension_of_units(kProtocolHopByHop, 1).protocol(58).bytes()},
        OtherCase{"Ipv6Esp", ipv6_frame().protocol(50).bytes()},
        OtherCase{"Ipv6UdpFirstFragment", ipv6_frame().ipv6_fragment(0, true).protocol(17).bytes()},
        OtherCase{"Ipv6UdpFirstFragmentWithOptions",
                  ipv6_frame()
                      .ipv6_fragment(0, true)
                      .extension_of_units(kProtocolDestinationOptions, 1)
                      .protocol(17)
                      .bytes()},
        OtherCase{"Ipv6UdpLaterFragment", ipv6_frame().ipv6_fragment(8, true).protocol(17).bytes()},
        OtherCase{
            "Ipv6LaterFragmentOfUnknown",
            ipv6_frame().ipv6_fragment(8, true).protocol(kProtocolDestinationOptions).bytes()}),
    test::CaseName{});

/// The frame with a VLAN tag, which is read field by field.
Bytes tagged(Bytes frame) {
    const Bytes tag{0x81, 0x00, 0x00, 0x05};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    return frame;
}

// Untagged IPv4 without options, as nearly every frame is, goes a shorter way. Whatever byte
// differs, it must find what the long one finds.
TEST(Parse, TheShortWayFindsWhatTheLongOneDoesWhateverByteDiffers) {
    const Bytes usual = ipv4_frame()
                            .tcp(40001, 443, 0x89abcdef, 0x76543210)
                            .flags(kAck)
                            .options({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8})
                            .payload(3)
                            .bytes();
    const auto expect_alike = [](const Bytes& frame) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            const Parsed shorter = test::parse(frame, from);
            Parsed longer = test::parse(tagged(frame), from);
            ASSERT_EQ(shorter.result.kind, longer.result.kind);
            ASSERT_EQ(shorter.result.malformed, longer.result.malformed);
            ASSERT_EQ(shorter.segment.from, longer.segment.from);
            ASSERT_EQ(shorter.segment.tuple, longer.segment.tuple);
            if (shorter.is_tcp()) {
                longer.segment.ip_offset -= 4;
                longer.segment.tcp_offset -= 4;
                ASSERT_EQ(std::memcmp(&shorter.segment, &longer.segment, sizeof(Segment)), 0);
            }
        }
    };
    for (std::size_t place = 14; place < usual.size(); ++place) {
        for (unsigned value = 0; value < 256; ++value) {
            Bytes frame = usual;
            frame[place] = static_cast<std::uint8_t>(value);
            SCOPED_TRACE("byte " + std::to_string(place) + " is " + std::to_string(value));
            expect_alike(frame);
        }
    }
    for (std::size_t length = 14; length <= usual.size(); ++length) {
        SCOPED_TRACE("cut to " + std::to_string(length));
        expect_alike(cut(usual, length));
    }
}

}  // namespace
}  // namespace synward::wire
