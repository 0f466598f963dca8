// SPDX-License-Identifier: BSD-3-Clause
#include "wire/usual_headers.h"

#include <gtest/gtest.h>

#include <cstring>
#include <ostream>
#include <random>
#include <string>

#include "support/arrived.h"
#include "support/case_name.h"
#include "support/frame_builder.h"
#include "support/frame_reader.h"
#include "support/options_text.h"
#include "support/wire.h"
#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/usual_frame.h"

namespace synward::wire {
namespace {

using test::Arrived;
using test::Bytes;
using test::FrameBuilder;

FrameBuilder segment_to_server() {
    return FrameBuilder{}.ipv4("192.0.2.1", "198.51.100.2").tcp(1234, 80, 7, 9).window(0x1234);
}
Bytes linux_options() {
    return test::OptionsText{.mss = 1460,
                             .sack_permitted = true,
                             .timestamps = std::pair{0x0102'0304U, 0U},
                             .window_scale = 7}
        .bytes();
}

struct Case {
    std::string name;
    FrameBuilder frame;
    bool is_usual;
    bool is_right = false;
    bool is_linux_syn = false;
    bool is_bare_syn = false;
    bool is_bare_ack = false;
    Side from = Side::kOutside;

    friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
        return out << shown.name;
    }
};

class KindOfFrame : public testing::TestWithParam<Case> {};

// Alone, and at each place among others of another kind.
TEST_P(KindOfFrame, IsFoundAtEachPlace) {
    const Case& subject = GetParam();
    const Arrived::Sent other{segment_to_server().flags(kAck).payload(10).bytes(), Side::kInside};
    for (unsigned place = 0; place < UsualHeaders::kMost; ++place) {
        std::vector<Arrived::Sent> sent(place + 1 + place % 3, other);
        sent.resize(std::min<std::size_t>(sent.size(), UsualHeaders::kMost));
        sent[place] = {subject.frame.bytes(), subject.from};
        const Arrived arrived{sent};
        const UsualHeaders& headers = arrived.headers;
        EXPECT_EQ(has_place(headers.usual(), place), subject.is_usual) << place;
        EXPECT_EQ(has_place(headers.right(), place), subject.is_right) << place;
        EXPECT_EQ(has_place(headers.linux_syns(), place), subject.is_linux_syn) << place;
        EXPECT_EQ(has_place(headers.bare_syns(), place), subject.is_bare_syn) << place;
        EXPECT_EQ(has_place(headers.bare_acks(), place), subject.is_bare_ack) << place;
        if (subject.is_usual) {
            const auto expected = test::parse(sent[place].first, subject.from).segment;
            EXPECT_EQ(std::memcmp(&arrived.segments[place], &expected, 56), 0) << place;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, KindOfFrame,
    testing::Values(
        Case{"SynWithoutOptions", segment_to_server().flags(kSyn), true, true, false, true},
        Case{"PaddedSyn", segment_to_server().flags(kSyn).padding(6), true, true, false, true},
        Case{"SynOfLinux", segment_to_server().flags(kSyn).options(linux_options()), true, true,
             true},
        Case{"SynOfWindows",
             segment_to_server().flags(kSyn).options({2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2}), true},
        Case{"SynWithOtherOptionsOfThatLength",
             segment_to_server().flags(kSyn).options(Bytes(20, 1)), true, true},
        Case{"SynWithAllOptions", segment_to_server().flags(kSyn).options(Bytes(40, 1)), true},
        Case{"SynWithData", segment_to_server().flags(kSyn).payload(3), true},
        Case{"SynOfLinuxWithData",
             segment_to_server().flags(kSyn).options(linux_options()).payload(3), true},
        Case{"SynThatAsksForEcnRfc3168Section6_1_1", segment_to_server().flags(kSyn | kEce | kCwr),
             true, true},
        Case{"SynAck", segment_to_server().flags(kSyn | kAck), true, true},
        Case{"SynFromInside", segment_to_server().flags(kSyn), true, true, false, false, false,
             Side::kInside},
        Case{"SynFromPortZero", segment_to_server().tcp(0, 80).flags(kSyn), true, true},
        Case{"SynFromItsOwnAddress", segment_to_server().ipv4("192.0.2.1", "192.0.2.1").flags(kSyn),
             true, true},
        Case{"SynWithWrongTcpChecksum", segment_to_server().flags(kSyn).tcp_checksum(0x1234), true},
        Case{"SynWithWrongIpChecksum", segment_to_server().flags(kSyn).ip_checksum(0x1234), true},
        Case{"SynOfLinuxWithWrongTcpChecksum",
             segment_to_server().flags(kSyn).options(linux_options()).tcp_checksum(0x1234), true},
        Case{"Ack", segment_to_server().flags(kAck), true, true, false, false, true},
        Case{"AckWithWrongChecksum", segment_to_server().flags(kAck).tcp_checksum(1), true, false,
             false, false, true},
        Case{"AckWithOptions", segment_to_server().flags(kAck).options(Bytes(12, 1)), true},
        Case{"AckFromInside", segment_to_server().flags(kAck), true, true, false, false, false,
             Side::kInside},
        Case{"AckToPortZero", segment_to_server().tcp(1234, 0).flags(kAck), true, true},
        Case{"FinAck", segment_to_server().flags(kFin | kAck), true, true},
        Case{"Data", segment_to_server().flags(kAck | kPsh).payload(1400), true, false, false,
             false, true},
        Case{"DontFragmentRfc791Section3_1", segment_to_server().flags(kSyn).fragment_field(0x4000),
             true, true, false, true},
        Case{"FirstFragment", segment_to_server().flags(kSyn).fragment_field(0x2000), false},
        Case{"LaterFragment", segment_to_server().flags(kSyn).fragment_field(1), false},
        Case{"Ipv6", segment_to_server().ipv6("2001:db8::1", "2001:db8::2").flags(kSyn), false},
        Case{"Tagged", segment_to_server().vlan(5).flags(kSyn), false},
        Case{"IpOptions", segment_to_server().ip_options({1, 1, 1, 0}).flags(kSyn), false},
        Case{"Udp", segment_to_server().protocol(17), false},
        Case{"Arp", segment_to_server().ether_type(0x0806), false},
        Case{"OtherVersion", segment_to_server().ip_version(6), false},
        Case{"HeaderTooShortRfc9293Section3_1", segment_to_server().data_offset(4), false},
        Case{"HeaderBeyondPacket", segment_to_server().data_offset(6), false},
        Case{"PacketShorterThanHeaders", segment_to_server().total_length(39), false},
        Case{"PacketBeyondFrame", segment_to_server().total_length(41), false}),
    test::CaseName{});

/// Of a frame that is usual, as parse() and the functions for single frames find it.
bool is_right(const Bytes& frame, const Segment& segment) {
    const std::uint32_t length = segment.tcp_header_length;
    return segment.payload_length == 0 && (length == 20 || length == 40) &&
           usual_ipv4_checksum_is_right(frame.data()) &&
           usual_tcp_checksum_is_right(frame.data(), segment);
}

// Frames of all kinds with any bit of their headers wrong: what is found for many is what parse()
// finds for each.
TEST(UsualHeaders, FindWhatParseDoes) {
    std::mt19937 random{5};
    unsigned usual = 0;
    unsigned right = 0;
    for (unsigned round = 0; round < 4'000; ++round) {
        std::vector<Arrived::Sent> sent;
        for (unsigned place = 0; place < 1 + round % UsualHeaders::kMost; ++place) {
            FrameBuilder builder = segment_to_server();
            builder
                .flags(random() % 3 != 0 ? unsigned{kSyn} : static_cast<unsigned>(random() % 256))
                .options(random() % 2 != 0 ? linux_options() : Bytes(random() % 11 * 4, 1))
                .payload(random() % 4 == 0 ? random() % 100 : 0)
                .padding(random() % 3 * 3);
            Bytes frame = builder.bytes();
            if (random() % 2 != 0) {
                frame[12 + random() % (frame.size() - 12)] ^=
                    static_cast<std::uint8_t>(1U << random() % 8);
            }
            sent.emplace_back(frame, random() % 2 != 0 ? Side::kInside : Side::kOutside);
        }
        const Arrived arrived{sent};
        for (unsigned place = 0; place < arrived.count; ++place) {
            const auto& [frame, from] = sent[place];
            const test::Parsed expected = test::parse(frame, from);
            const bool is_of_its_kind = expected.is_tcp() && is_usual(expected.segment);
            ASSERT_EQ(has_place(arrived.headers.usual(), place), is_of_its_kind) << round;
            if (!is_of_its_kind) {
                continue;
            }
            ++usual;
            ASSERT_EQ(std::memcmp(&arrived.segments[place], &expected.segment, 56), 0) << round;
            const bool expected_right = is_right(frame, expected.segment);
            ASSERT_EQ(has_place(arrived.headers.right(), place), expected_right) << round;
            right += expected_right ? 1 : 0;
        }
    }
    EXPECT_GT(usual, 60'000U);
    EXPECT_GT(right, 20'000U);
}

TEST(UsualHeaders, MoveWithTheirFrames) {
    std::vector<Arrived::Sent> sent(
        9, {segment_to_server().flags(kAck).payload(1).bytes(), Side::kOutside});
    sent[8].first =
        segment_to_server().tcp(99, 80, 77).flags(kSyn).options(linux_options()).bytes();
    sent[1].first = segment_to_server().flags(kSyn).bytes();
    Arrived arrived{sent};
    UsualHeaders& headers = arrived.headers;
    headers.move(8, 1);
    headers.move(2, 3);
    EXPECT_EQ(headers.usual(), first_places(9));
    EXPECT_EQ(headers.right(), 0b1'0000'0010U);
    EXPECT_EQ(headers.linux_syns(), 0b1'0000'0010U);
    EXPECT_EQ(headers.bare_syns(), 0U);
    EXPECT_EQ(headers.sequence[1], 77U);
    EXPECT_EQ(headers.ports[1], 99U | 80U << 16U);
    EXPECT_EQ(headers.timestamp[1].host(), 0x0102'0304U);
}

}  // namespace
}  // namespace synward::wire
