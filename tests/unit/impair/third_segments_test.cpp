// SPDX-License-Identifier: BSD-3-Clause
#include "impair/third_segments.h"

#include <gtest/gtest.h>

#include "support/frame_builder.h"

namespace synward::impair {
namespace {

using test::FrameBuilder;

constexpr unsigned kFin = 0x01;
constexpr unsigned kSyn = 0x02;
constexpr unsigned kRst = 0x04;
constexpr unsigned kPush = 0x08;
constexpr unsigned kAck = 0x10;

struct Step {
    const char* what;
    FrameBuilder frame;
    bool is_one;
};

void expect(const std::vector<Step>& steps) {
    ThirdSegments third_segments;
    for (const Step& step : steps) {
        EXPECT_EQ(third_segments.is_one(step.frame.bytes()), step.is_one) << step.what;
    }
}

TEST(ThirdSegments, AreTheFirstBareAckBehindEachSyn) {
    for (const bool ipv6 : {false, true}) {
        const FrameBuilder from = ipv6 ? FrameBuilder{}.ipv6("2001:db8::1", "2001:db8::2")
                                       : FrameBuilder{}.vlan(5).ipv4("10.0.0.1", "10.0.0.2");
        const auto segment = [&](unsigned port, unsigned flags, std::uint32_t sequence,
                                 std::size_t payload = 0) {
            return FrameBuilder{from}.tcp(port, 22, sequence, 900).flags(flags).payload(payload);
        };
        expect({
            {"of a connection that began before", segment(1000, kAck, 100), false},
            {"SYN", segment(1000, kSyn, 100), false},
            {"SYN of another", segment(1001, kSyn, 500), false},
            {"RST", segment(1000, kRst | kAck, 101), false},
            {"FIN", segment(1000, kFin | kAck, 101), false},
            {"data", segment(1000, kAck | kPush, 101, 10), false},
            {"third segment", segment(1000, kAck, 101), true},
            {"its repetition", segment(1000, kAck, 101), false},
            {"retransmitted SYN", segment(1000, kSyn, 100), false},
            {"the ACK behind that", segment(1000, kAck, 101), false},
            {"the other's", segment(1001, kAck, 501), true},
            {"a new SYN of the first", segment(1000, kSyn, 7000), false},
            {"its third segment", segment(1000, kAck, 7001), true},
        });
    }
}

TEST(ThirdSegments, AreTcp) {
    expect({{"ARP", FrameBuilder{}.ether_type(0x0806), false},
            {"UDP", FrameBuilder{}.ipv4("10.0.0.1", "10.0.0.2").protocol(17), false}});
    EXPECT_FALSE(ThirdSegments{}.is_one({}));
}

}  // namespace
}  // namespace synward::impair
