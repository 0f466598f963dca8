// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::address;
using test::Bytes;
using test::FrameBuilder;
using test::ipv4_frame;
using test::ipv6_frame;

FrameBuilder nine_extensions() {
    FrameBuilder frame = ipv6_frame().extension_of_units(kProtocolHopByHop, 1);
    for (int i = 0; i < 8; ++i) {
        frame.extension_of_units(kProtocolDestinationOptions, 1);
    }
    return frame;
}

/// A header that claims 2048 octets and has eight.
FrameBuilder overlong_extension(unsigned type) {
    return ipv6_frame().extension(type, {0, 255, 1, 4, 0, 0, 0, 0});
}

struct MalformedCase {
    const char* name;
    FrameBuilder frame;
    Reason reason;
};
void PrintTo(const MalformedCase& malformed, std::ostream* out) {
    *out << malformed.name;
}

class ParseMalformed : public testing::TestWithParam<MalformedCase> {};

TEST_P(ParseMalformed, HasItsReasonAndItsAddresses) {
    const MalformedCase& malformed = GetParam();
    for (const Side from : {Side::kOutside, Side::kInside}) {
        const auto [result, segment] = test::parse(malformed.frame.bytes(), from);
        ASSERT_EQ(result.kind, FrameKind::kMalformed);
        EXPECT_EQ(description(result.malformed).name, description(malformed.reason).name);
        const bool is_ipv4 = malformed.frame.is_ipv4();
        const Address source = address(is_ipv4 ? "192.0.2.1" : "2001:db8::1");
        const Address destination = address(is_ipv4 ? "198.51.100.2" : "2001:db8:1::2");
        const bool from_outside = from == Side::kOutside;
        EXPECT_EQ(segment.tuple.outside_address, from_outside ? source : destination);
        EXPECT_EQ(segment.tuple.inside_address, from_outside ? destination : source);
        EXPECT_EQ(segment.from, from);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Ipv4, ParseMalformed,
    testing::Values(
        MalformedCase{"Version6", ipv4_frame().ip_version(6), Reason::kIpv4HeaderLength},
        MalformedCase{"Version0", ipv4_frame().ip_version(0), Reason::kIpv4HeaderLength},
        MalformedCase{"HeaderBeyondFrame", ipv4_frame().ihl(11), Reason::kIpv4HeaderLength},
        MalformedCase{"TotalLengthZero", ipv4_frame().total_length(0), Reason::kIpv4TotalLength},
        MalformedCase{"TotalLengthUnderHeader", ipv4_frame().total_length(19),
                      Reason::kIpv4TotalLength},
        MalformedCase{"TotalLengthUnderOptions",
                      ipv4_frame().ip_options(Bytes(8, 1)).total_length(27),
                      Reason::kIpv4TotalLength},
        MalformedCase{"TotalLengthBeyondFrame", ipv4_frame().total_length(41),
                      Reason::kIpv4TotalLength},
        MalformedCase{"TotalLengthBeyondFrameInVlan", ipv4_frame().vlan(9).total_length(41),
                      Reason::kIpv4TotalLength},
        MalformedCase{"FragmentBeyondFrame", ipv4_frame().fragment_field(8).total_length(41),
                      Reason::kIpv4TotalLength},
        MalformedCase{"NoTcpHeader", ipv4_frame().total_length(20), Reason::kTcpHeaderTruncated},
        MalformedCase{"NineteenOctetsOfTcp", ipv4_frame().total_length(39),
                      Reason::kTcpHeaderTruncated},
        MalformedCase{"NineteenOctetsAndPadding", ipv4_frame().total_length(39).padding(30),
                      Reason::kTcpHeaderTruncated},
        MalformedCase{"DataOffsetBeyondPacket", ipv4_frame().data_offset(6),
                      Reason::kTcpDataOffset},
        MalformedCase{"DataOffsetIntoPadding", ipv4_frame().data_offset(6).padding(40),
                      Reason::kTcpDataOffset}),
    test::CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Ipv6, ParseMalformed,
    testing::Values(
        MalformedCase{"Version4", ipv6_frame().ip_version(4), Reason::kIpv6Header},
        MalformedCase{"Version4BehindExtension",
                      ipv6_frame().extension_of_units(kProtocolRouting, 1).ip_version(4),
                      Reason::kIpv6Header},
        MalformedCase{"LengthBeyondFrame", ipv6_frame().ipv6_payload_length(21),
                      Reason::kIpv6PayloadLength},
        MalformedCase{"LengthBeyondFrameBehindExtension",
                      ipv6_frame().extension_of_units(kProtocolHopByHop, 1).ipv6_payload_length(29),
                      Reason::kIpv6PayloadLength},
        MalformedCase{"JumbogramRfc2675",
                      ipv6_frame()
                          .extension(kProtocolHopByHop, {0, 0, 0xc2, 4, 0, 1, 0, 0})
                          .ipv6_payload_length(0),
                      Reason::kIpv6PayloadLength},
        MalformedCase{"NoPayload", ipv6_frame().ipv6_payload_length(0),
                      Reason::kTcpHeaderTruncated},
        MalformedCase{"NineteenOctetsOfTcp", ipv6_frame().ipv6_payload_length(19).padding(9),
                      Reason::kTcpHeaderTruncated},
        MalformedCase{"ChainBeyondPayload",
                      ipv6_frame()
                          .extension_of_units(kProtocolRouting, 1)
                          .extension_of_units(kProtocolDestinationOptions, 1)
                          .ipv6_payload_length(12),
                      Reason::kIpv6ExtensionChain},
        MalformedCase{"NineExtensions", nine_extensions(), Reason::kIpv6ExtensionChain},
        MalformedCase{
            "ChainEndsInNothing",
            overlong_extension(kProtocolRouting).extension_of_units(kProtocolDestinationOptions, 1),
            Reason::kIpv6ExtensionChain},
        MalformedCase{"ExtensionLongerThanPacket", overlong_extension(kProtocolRouting),
                      Reason::kTcpHeaderTruncated},
        MalformedCase{"AuthenticationLongerThanPacket", overlong_extension(kProtocolAuthentication),
                      Reason::kTcpHeaderTruncated},
        // RFC 7112: the first fragment must hold the whole chain.
        MalformedCase{"FirstFragmentWithoutItsChain",
                      ipv6_frame()
                          .ipv6_fragment(0, true)
                          .extension_of_units(kProtocolDestinationOptions, 1)
                          .ipv6_payload_length(8),
                      Reason::kIpv6ExtensionChain},
        MalformedCase{"DataOffsetBeyondPacket", ipv6_frame().data_offset(6),
                      Reason::kTcpDataOffset},
        MalformedCase{"DataOffsetBeyondPacketBehindExtension",
                      ipv6_frame().extension_of_units(kProtocolRouting, 1).data_offset(6),
                      Reason::kTcpDataOffset}),
    test::CaseName{});

// RFC 791: five words at least; RFC 9293 section 3.1 likewise.
TEST(ParseMalformedLengths, EveryIpv4HeaderLength) {
    // Wherever the header ends, what is taken for TCP's data offset is five, so that the outcome
    // depends on the one field alone.
    const FrameBuilder builder =
        ipv4_frame().ip_options(Bytes(40, 0x50)).tcp(0x5050, 0x5050, 0x50505050, 0x50505050);
    for (unsigned words = 0; words < 16; ++words) {
        const auto parsed = test::parse(FrameBuilder{builder}.ihl(words).bytes());
        if (words < 5) {
            EXPECT_TRUE(parsed.is_malformed(Reason::kIpv4HeaderLength)) << words;
        } else {
            ASSERT_TRUE(parsed.is_tcp()) << words;
            EXPECT_EQ(parsed.segment.tcp_offset, 14 + words * 4);
            EXPECT_EQ(parsed.segment.payload_length, 60 - words * 4);
        }
    }
}

TEST(ParseMalformedLengths, EveryTcpDataOffset) {
    for (const FrameBuilder& builder : {ipv4_frame(), ipv6_frame()}) {
        for (unsigned words = 0; words < 16; ++words) {
            const auto parsed =
                test::parse(FrameBuilder{builder}.data_offset(words).payload(30).bytes());
            if (words < 5 || words * 4 > 50) {
                EXPECT_TRUE(parsed.is_malformed(Reason::kTcpDataOffset)) << words;
            } else {
                ASSERT_TRUE(parsed.is_tcp()) << words;
                EXPECT_EQ(parsed.segment.tcp_header_length, words * 4);
                EXPECT_EQ(parsed.segment.payload_length, 50 - words * 4);
            }
        }
    }
}

// RFC 4291 section 2.5.5.2 with RFC 6890: such an address would pass for an IPv4 connection's.
TEST(ParseMalformedAddress, MappedAddressesInIpv6) {
    const char* const mapped = "::ffff:198.51.100.2";
    const char* const real = "2001:db8::1";
    for (const FrameBuilder& frame :
         {FrameBuilder{}.ipv6(mapped, real), FrameBuilder{}.ipv6(real, mapped),
          FrameBuilder{}.ipv6(mapped, mapped),
          FrameBuilder{}.ipv6(mapped, real).extension_of_units(kProtocolRouting, 1),
          FrameBuilder{}.ipv6(mapped, mapped).ipv6_fragment(8, false)}) {
        EXPECT_TRUE(test::parse(frame.bytes()).is_malformed(Reason::kIpv6MappedAddress));
    }
    // Neighbours of the block are as good as any address.
    EXPECT_TRUE(test::parse(FrameBuilder{}.ipv6("::fffe:1.2.3.4", "::1.2.3.4").bytes()).is_tcp());
    EXPECT_TRUE(
        test::parse(FrameBuilder{}.ipv6("64:ff9b::1.2.3.4", "1::ffff:0:1").bytes()).is_tcp());
}

// A worker parses into the same array of segments batch after batch.
TEST(ParseMalformedSegment, NothingIsLeftOfAnEarlierFrame) {
    const Bytes good = ipv6_frame().tcp(7, 9, 11, 13).payload(5).bytes();
    Bytes cut_off = ipv4_frame().bytes();
    cut_off.resize(20);
    for (const Bytes& bad : {ipv4_frame().data_offset(4).bytes(), cut_off, Bytes(10, 0)}) {
        Segment segment;
        const auto length = static_cast<std::uint32_t>(good.size());
        ASSERT_EQ(parse(good, length, Side::kOutside, segment).kind, FrameKind::kTcp);
        const auto bad_length = static_cast<std::uint32_t>(bad.size());
        ASSERT_NE(parse(bad, bad_length, Side::kOutside, segment).kind, FrameKind::kTcp);
        EXPECT_EQ(segment.tuple.inside_port, 0);
        EXPECT_EQ(segment.tuple, test::parse(bad).segment.tuple);
        EXPECT_EQ(segment.payload_length, 0);
        EXPECT_EQ(segment.tcp_offset, 0);
    }
}

struct FragmentCase {
    const char* name;
    FrameBuilder frame;
};
void PrintTo(const FragmentCase& fragment, std::ostream* out) {
    *out << fragment.name;
}

class ParseFragment : public testing::TestWithParam<FragmentCase> {};

TEST_P(ParseFragment, HasItsAddresses) {
    const FragmentCase& fragment = GetParam();
    const auto [result, segment] = test::parse(fragment.frame.bytes());
    ASSERT_EQ(result.kind, FrameKind::kFragment);
    EXPECT_EQ(segment.tuple.inside_address,
              address(fragment.frame.is_ipv4() ? "198.51.100.2" : "2001:db8:1::2"));
    EXPECT_EQ(segment.ip_offset, fragment.frame.ip_offset());
    EXPECT_EQ(segment.tuple.inside_port, 0);
}

INSTANTIATE_TEST_SUITE_P(
    , ParseFragment,
    testing::Values(
        FragmentCase{"Ipv4First", ipv4_frame().fragment_field(0x2000).payload(8)},
        FragmentCase{"Ipv4Middle", ipv4_frame().fragment_field(0x2001).vlan(5)},
        FragmentCase{"Ipv4Last", ipv4_frame().fragment_field(0x1fff)},
        FragmentCase{"Ipv4DontFragmentAndOffset", ipv4_frame().fragment_field(0x4001)},
        FragmentCase{"Ipv4OfOneOctet", ipv4_frame().fragment_field(0x2000).total_length(21)},
        FragmentCase{"Ipv6First", ipv6_frame().ipv6_fragment(0, true)},
        FragmentCase{"Ipv6Middle", ipv6_frame().ipv6_fragment(8, true).vlan(5)},
        FragmentCase{"Ipv6Last", ipv6_frame().ipv6_fragment(0xfff8, false)},
        FragmentCase{"Ipv6BehindHopByHop",
                     ipv6_frame().extension_of_units(kProtocolHopByHop, 1).ipv6_fragment(8, false)},
        FragmentCase{
            "Ipv6FirstWithOptionsBehind",
            ipv6_frame().ipv6_fragment(0, true).extension_of_units(kProtocolDestinationOptions,
                                                                   1)}),
    test::CaseName{});

}  // namespace
}  // namespace synward::wire
