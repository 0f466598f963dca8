// SPDX-License-Identifier: BSD-3-Clause
//
// ICMP errors about TCP segments: RFC 792, RFC 1812 section 4.3.2.3, RFC 4443 section 3.
#include "wire/icmp_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "support/case_name.h"
#include "support/icmp_error.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::address;
using test::Bytes;
using test::FrameBuilder;
using test::IcmpError;
using test::parse;

// A server's segment, which a router on the outside could not deliver.
FrameBuilder segment_ipv4() {
    return FrameBuilder{}
        .ipv4("198.51.100.2", "192.0.2.1")
        .tcp(80, 40000, 0xfedc'ba98, 0x0123'4567)
        .flags(kAck | kPsh)
        .window(777)
        .options(Bytes(12, 1))
        .payload(9);
}
FrameBuilder segment_ipv6() {
    return FrameBuilder{segment_ipv4()}.ipv6("2001:db8:1::2", "2001:db8::1");
}

struct Carriage {
    const char* name;
    FrameBuilder quoted;
    FrameBuilder carrier;
    std::size_t tcp_in_quotation;  ///< octets of IP headers in front
};
void PrintTo(const Carriage& carriage, std::ostream* out) {
    *out << carriage.name;
}
std::vector<Carriage> carriages() {
    return {
        {"Ipv4", segment_ipv4(), {}, 20},
        {"Ipv4Options", segment_ipv4().ip_options(Bytes(8, 1)),
         FrameBuilder{}.ip_options(Bytes(40, 1)), 28},
        {"Ipv4FirstFragment", segment_ipv4().fragment_field(0x2000), {}, 20},
        // Routers on the way have counted down, and some hosts' stacks swap the length's bytes.
        {"Ipv4QuotedLengthAndChecksumWrong", segment_ipv4().total_length(1).ip_checksum(1), {}, 20},
        {"Ipv4Tag", segment_ipv4(), FrameBuilder{}.vlan(5), 20},
        {"Ipv6", segment_ipv6(), {}, 40},
        {"Ipv6TwoTags", segment_ipv6(), FrameBuilder{}.vlan(5, kEtherTypeQinq).vlan(6), 40},
        {"Ipv6OuterExtensions", segment_ipv6(),
         FrameBuilder{}.extension_of_units(kProtocolHopByHop, 1).extension_of_units(60, 2), 40},
        {"Ipv6QuotedExtensions",
         segment_ipv6().extension_of_units(60, 2).authentication(12),
         {},
         40 + 16 + 24},
        {"Ipv6QuotedFirstFragment", segment_ipv6().ipv6_fragment(0, true), {}, 48},
    };
}

class IcmpErrorAbout : public testing::TestWithParam<Carriage> {
  protected:
    [[nodiscard]] bool ipv6() const { return !GetParam().quoted.is_ipv4(); }
    [[nodiscard]] Bytes error(std::size_t quoted = 1U << 16U) const {
        return error(IcmpError::too_big(ipv6()), quoted);
    }
    [[nodiscard]] Bytes error(IcmpError icmp, std::size_t quoted = 1U << 16U) const {
        icmp.quoted = quoted;
        return icmp.about(GetParam().quoted.bytes(), GetParam().quoted.ip_offset(),
                          GetParam().carrier);
    }
};

TEST_P(IcmpErrorAbout, IsReadFromEitherSide) {
    const Bytes frame = error();
    for (const Side from : {Side::kOutside, Side::kInside}) {
        const auto [result, segment] = parse(frame, from);
        ASSERT_EQ(result.kind, FrameKind::kIcmpError);
        // The segment came from the side that the error goes to.
        const bool outward = from == Side::kOutside;
        const Address sender = address(ipv6() ? "2001:db8:1::2" : "198.51.100.2");
        const Address receiver = address(ipv6() ? "2001:db8::1" : "192.0.2.1");
        EXPECT_EQ(segment.tuple.inside_address, outward ? sender : receiver);
        EXPECT_EQ(segment.tuple.outside_address, outward ? receiver : sender);
        EXPECT_EQ(segment.tuple.inside_port, outward ? 80 : 40000);
        EXPECT_EQ(segment.tuple.outside_port, outward ? 40000 : 80);
        EXPECT_EQ(segment.sequence, SequenceNumber{0xfedc'ba98});
        EXPECT_EQ(segment.acknowledgment, SequenceNumber{0x0123'4567});
        EXPECT_EQ(segment.flags, kAck | kPsh);
        EXPECT_EQ(segment.window, 777);
        EXPECT_EQ(segment.payload_length, 0);
        EXPECT_EQ(segment.tcp_header_length, 20);
        EXPECT_EQ(segment.tcp_offset, segment.icmp_offset + 8U + GetParam().tcp_in_quotation);
        EXPECT_EQ(frame[segment.icmp_offset], ipv6() ? 2 : 3);
    }
}

TEST_P(IcmpErrorAbout, HasItsFlowsTuple) {
    const auto [result, segment] =
        parse(ipv6() ? segment_ipv6().bytes() : segment_ipv4().bytes(), Side::kInside);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(parse(error(), Side::kOutside).segment.tuple, segment.tuple);
}

TEST_P(IcmpErrorAbout, EveryLengthOfTheQuotation) {
    const std::size_t least = GetParam().tcp_in_quotation + 8;
    for (std::size_t quoted = 0; quoted < GetParam().tcp_in_quotation + 40; ++quoted) {
        const Bytes frame = error(quoted);
        const auto exact = std::make_unique<std::uint8_t[]>(frame.size());
        std::copy(frame.begin(), frame.end(), exact.get());
        Segment segment;
        const ParseResult result =
            wire::parse({exact.get(), frame.size()}, static_cast<std::uint32_t>(frame.size()),
                        Side::kOutside, segment);
        if (quoted < least) {
            EXPECT_EQ(result.kind, FrameKind::kNotTcp) << quoted;
            continue;
        }
        const std::size_t there = quoted - GetParam().tcp_in_quotation;
        ASSERT_EQ(result.kind, FrameKind::kIcmpError) << quoted;
        EXPECT_EQ(segment.sequence, SequenceNumber{0xfedc'ba98});
        EXPECT_EQ(segment.tcp_header_length, std::min<std::size_t>(there, 20));
        EXPECT_EQ(segment.acknowledgment, SequenceNumber{there < 12 ? 0U : 0x0123'4567U});
        EXPECT_EQ(segment.flags, there < 14 ? 0 : kAck | kPsh);
        EXPECT_EQ(segment.window, there < 16 ? 0 : 777);
    }
}

TEST_P(IcmpErrorAbout, EveryLengthOfTheFrameAndOfItsFirstPiece) {
    const Bytes frame = error();
    const Segment whole = parse(frame).segment;
    for (std::size_t length = 0; length < frame.size(); ++length) {
        const auto exact = std::make_unique<std::uint8_t[]>(length);
        std::copy_n(frame.begin(), length, exact.get());
        for (const std::size_t frame_length : {length, frame.size()}) {
            Segment segment;
            const ParseResult result =
                wire::parse({exact.get(), length}, static_cast<std::uint32_t>(frame_length),
                            Side::kOutside, segment);
            const bool readable = length >= whole.tcp_offset + 8U;
            EXPECT_EQ(result.kind == FrameKind::kIcmpError, readable) << length;
        }
    }
}

TEST_P(IcmpErrorAbout, TypesThatAreErrors) {
    for (unsigned type = 0; type < 256; ++type) {
        const bool is_error =
            ipv6() ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
        EXPECT_EQ(parse(error({.type = type, .code = 0})).result.kind,
                  is_error ? FrameKind::kIcmpError : FrameKind::kNotTcp)
            << type;
    }
}

INSTANTIATE_TEST_SUITE_P(Carriages, IcmpErrorAbout, testing::ValuesIn(carriages()),
                         test::CaseName{});

struct Other {
    const char* name;
    Bytes frame;
};
void PrintTo(const Other& other, std::ostream* out) {
    *out << other.name;
}
Bytes error_about(const FrameBuilder& quoted, const FrameBuilder& carrier = {}) {
    return IcmpError::too_big(!quoted.is_ipv4()).about(quoted.bytes(), 14, carrier);
}
std::vector<Other> others() {
    return {
        {"AboutUdp", error_about(segment_ipv4().protocol(17))},
        {"AboutUdpIpv6", error_about(segment_ipv6().protocol(17))},
        {"AboutIcmp", error_about(segment_ipv4().protocol(1))},
        {"AboutALaterFragment", error_about(segment_ipv4().fragment_field(0x2005))},
        {"AboutALaterFragmentIpv6", error_about(segment_ipv6().ipv6_fragment(64, true))},
        {"QuotedVersion", error_about(segment_ipv4().ip_version(5))},
        {"QuotedHeaderLength", error_about(segment_ipv4().ihl(4))},
        {"QuotedMappedAddress",
         error_about(segment_ipv6().ipv6("::ffff:198.51.100.2", "2001:db8::1"))},
        {"Fragment", error_about(segment_ipv4(), FrameBuilder{}.fragment_field(0x2000))},
        {"FragmentIpv6", error_about(segment_ipv6(), FrameBuilder{}.ipv6_fragment(0, true))},
        {"HeaderLength", error_about(segment_ipv4(), FrameBuilder{}.ihl(4))},
        // What lies behind the IP packet's end is no part of it.
        {"TotalLength", error_about(segment_ipv4(), FrameBuilder{}.total_length(20 + 8 + 20 + 7))},
        {"PayloadLength",
         error_about(segment_ipv6(), FrameBuilder{}.ipv6_payload_length(8 + 40 + 7))},
    };
}
class NoIcmpErrorAboutTcp : public testing::TestWithParam<Other> {};

TEST_P(NoIcmpErrorAboutTcp, CrossesUntouched) {
    EXPECT_EQ(parse(GetParam().frame).result.kind, FrameKind::kNotTcp);
}
INSTANTIATE_TEST_SUITE_P(Others, NoIcmpErrorAboutTcp, testing::ValuesIn(others()),
                         test::CaseName{});

// Seeded, so a failure repeats itself.
TEST(IcmpErrorBounds, MutatedFrames) {
    std::vector<Bytes> frames;
    for (const Carriage& carriage : carriages()) {
        frames.push_back(error_about(carriage.quoted, carriage.carrier));
    }
    std::mt19937 random{792};
    unsigned errors = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes frame = frames[random() % frames.size()];
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            frame[12 + random() % (frame.size() - 12)] = static_cast<std::uint8_t>(random());
        }
        const std::size_t length = random() % 4 == 0 ? random() % (frame.size() + 1) : frame.size();
        const auto exact = std::make_unique<std::uint8_t[]>(length);
        std::copy_n(frame.begin(), length, exact.get());
        Segment segment;
        const auto result =
            wire::parse({exact.get(), length}, static_cast<std::uint32_t>(frame.size()),
                        Side::kOutside, segment);
        if (result.kind == FrameKind::kIcmpError) {
            ++errors;
            ASSERT_LT(segment.icmp_offset, segment.tcp_offset);
            ASSERT_LE(segment.tcp_offset + segment.tcp_header_length + 0U, length);
            ASSERT_GE(segment.tcp_header_length, 8);
            ASSERT_EQ(segment.tuple.outside_address.is_ipv4(),
                      segment.tuple.inside_address.is_ipv4());
        }
    }
    EXPECT_GT(errors, 50'000U);
}

}  // namespace
}  // namespace synward::wire
