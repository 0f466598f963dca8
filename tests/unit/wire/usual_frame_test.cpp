// SPDX-License-Identifier: BSD-3-Clause
#include "wire/usual_frame.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>

#include "support/case_name.h"
#include "support/frame_builder.h"
#include "support/wire.h"

namespace synward::wire {
namespace {

using test::Bytes;
using test::FrameBuilder;

FrameBuilder syn() {
    return FrameBuilder{}.ipv4("192.0.2.1", "198.51.100.2").tcp(40'001, 443).flags(kSyn);
}

struct FrameCase {
    std::string name;
    FrameBuilder frame;
    bool is_usual;
    bool is_usual_syn;
    Side from = Side::kOutside;

    friend std::ostream& operator<<(std::ostream& out, const FrameCase& shown) {
        return out << shown.name;
    }
};

class UsualFrame : public testing::TestWithParam<FrameCase> {};

TEST_P(UsualFrame, IsKnownByItsSegment) {
    const Bytes frame = FrameBuilder{GetParam().frame}.bytes();
    const auto [result, segment] = test::parse(frame, GetParam().from);
    ASSERT_EQ(result.kind, FrameKind::kTcp);
    EXPECT_EQ(is_usual(segment), GetParam().is_usual);
    EXPECT_EQ(is_usual_syn(segment), GetParam().is_usual_syn);
}

INSTANTIATE_TEST_SUITE_P(
    , UsualFrame,
    testing::Values(
        FrameCase{"Syn", syn(), true, true},
        FrameCase{"WithOptions", syn().options(Bytes(20, 1)), true, true},
        FrameCase{"Padded", syn().padding(6), true, true},
        FrameCase{"WithData", syn().payload(1), true, false},
        FrameCase{"FromInside", syn(), true, false, Side::kInside},
        FrameCase{"Ack", syn().flags(kAck), true, false},
        FrameCase{"SynAck", syn().flags(kSyn | kAck), true, false},
        FrameCase{"Ecn", syn().flags(kSyn | kEce | kCwr), true, false},
        FrameCase{"SynPush", syn().flags(kSyn | kPsh), true, false},
        FrameCase{"Tagged", syn().vlan(5), false, false},
        FrameCase{"IpOptions", syn().ip_options(Bytes(4, 1)), false, false},
        FrameCase{"Ipv6",
                  FrameBuilder{}.ipv6("2001:db8::1", "2001:db8::2").tcp(40'001, 443).flags(kSyn),
                  false, false}),
    test::CaseName{});

// RFC 9293 section 3.1: of frames of any length, whole and with a bit turned over.
TEST(UsualChecksums, SayWhatTheGeneralOnesSay) {
    std::mt19937 random{5};
    unsigned wrong = 0;
    for (unsigned which = 0; which < 20'000; ++which) {
        Bytes frame = syn()
                          .tcp(40'001, 443, static_cast<std::uint32_t>(random()))
                          .options(Bytes(random() % 11 * 4, 1))
                          .payload(random() % 4 == 0 ? random() % 200 : 0)
                          .bytes();
        if (which % 2 != 0) {
            frame[14 + random() % (frame.size() - 14)] ^=
                static_cast<std::uint8_t>(1U << random() % 8);
        }
        const auto [result, segment] = test::parse(frame);
        if (result.kind != FrameKind::kTcp || !is_usual(segment)) {
            continue;
        }
        const bool ip_is_right = ipv4_header_checksum_is_right({&frame[kUsualIpOffset], 20});
        const bool tcp_is_right = tcp_checksum_is_right(frame, segment);
        ASSERT_EQ(usual_ipv4_checksum_is_right(frame.data()), ip_is_right) << which;
        ASSERT_EQ(usual_tcp_checksum_is_right(frame.data(), segment), tcp_is_right) << which;
        wrong += ip_is_right && tcp_is_right ? 0U : 1U;
    }
    EXPECT_GT(wrong, 8'000U);
}

}  // namespace
}  // namespace synward::wire
