// SPDX-License-Identifier: BSD-3-Clause
//
// Segments of no known connection, and what no endpoint sends.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn, wire::kUrg;

constexpr unsigned kPlausible[]{kSyn, kSyn | kAck, kAck, kFin | kAck, kRst, kRst | kAck};
constexpr unsigned kKindOfSegment = kSyn | kAck | kFin | kRst;

bool is_plausible(unsigned flags) {
    return std::find(std::begin(kPlausible), std::end(kPlausible), flags & kKindOfSegment) !=
           std::end(kPlausible);
}

class WithoutFlow : public testing::TestWithParam<Challenge> {
  protected:
    Box box{GetParam()};
    Exchange exchange{box};
};

INSTANTIATE_TEST_SUITE_P(, WithoutFlow,
                         testing::Values(Challenge::kAlways, Challenge::kOverBudget));

TEST_P(WithoutFlow, IsDroppedUnderAReasonOfItsOwn) {
    struct Case {
        unsigned flags;
        Reason outside, inside;
    };
    for (const auto& [flags, outside, inside] :
         {Case{kAck, Reason::kCookieInvalid, Reason::kAckWithoutFlow},
          Case{kAck | kPsh, Reason::kCookieInvalid, Reason::kAckWithoutFlow},
          Case{kAck | kFin, Reason::kFinWithoutFlow, Reason::kFinWithoutFlow},
          Case{kRst, Reason::kResetWithoutFlow, Reason::kResetWithoutFlow},
          Case{kRst | kAck, Reason::kResetWithoutFlow, Reason::kResetWithoutFlow},
          Case{kSyn | kAck, Reason::kSynAckWithoutFlow, Reason::kSynAckWithoutFlow}}) {
        for (const std::size_t length : {0U, 100U}) {
            // Data has a reason of its own where an ACK would have another than its flags'.
            const bool is_data = length != 0 && inside == Reason::kAckWithoutFlow;
            EXPECT_EQ(exchange.send(exchange.client(flags, 7, 0x0100'0000, length)).reason,
                      is_data ? Reason::kDataWithoutFlow : outside);
            EXPECT_EQ(exchange.send(exchange.server(flags, 7, 7, length)).reason,
                      is_data ? Reason::kDataWithoutFlow : inside);
        }
    }
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_P(WithoutFlow, IsDroppedForFlagsThatNoEndpointSendsRfc9293Section3_10_7) {
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            Sent sent = exchange.client(flags, 1, 1);
            sent.from = from;
            const Reason reason = box.send(sent).reason;
            const unsigned control = flags & 0x3fU;  // without ECE and CWR
            const Reason expected = control == 0                      ? Reason::kTcpNull
                                    : control == (kFin | kPsh | kUrg) ? Reason::kTcpXmas
                                                                      : Reason::kTcpFlags;
            const bool is_refused = reason == Reason::kTcpNull || reason == Reason::kTcpXmas ||
                                    reason == Reason::kTcpFlags;
            EXPECT_EQ(is_refused, !is_plausible(flags)) << flags;
            if (is_refused) {
                EXPECT_EQ(reason, expected) << flags;
            }
            if (flow::Flow* const flow = box.flow()) {
                box.table.erase(*flow);
            }
        }
    }
}

// The checksum of what is refused anyway is nobody's concern; damage_test.cpp has the rest.
TEST_P(WithoutFlow, IsDroppedWhetherItsChecksumIsRightOrWrong) {
    for (const unsigned flags : kPlausible) {
        const bool is_syn = flags == kSyn;
        const Reason refused = flags == (kSyn | kAck) ? Reason::kSynAckWithoutFlow
                               : (flags & kRst) != 0  ? Reason::kResetWithoutFlow
                               : (flags & kFin) != 0  ? Reason::kFinWithoutFlow
                                                      : Reason::kDataWithoutFlow;
        Sent sent = exchange.client(flags, 1, 1, 33);
        if (!is_syn) {
            EXPECT_EQ(box.send(sent).reason, refused) << flags;
        }
        sent.damaged = true;
        EXPECT_EQ(box.send(sent).reason, is_syn ? Reason::kTcpChecksum : refused) << flags;
        const auto frame = test::FrameBuilder{}
                               .ipv4("203.0.113.1", "198.51.100.2")
                               .tcp(7, kServicePort)
                               .flags(flags)
                               .payload(33)
                               .ip_checksum(0xbad)
                               .bytes();
        EXPECT_EQ(box.send_frame(frame, Side::kOutside).reason,
                  is_syn ? Reason::kIpv4Checksum : refused)
            << flags;
    }
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_P(WithoutFlow, IsDroppedForPortZeroAndForItsOwnAddress) {
    const test::FrameBuilder frame = test::FrameBuilder{}.flags(kSyn);
    const auto from = [&](const std::string& source, unsigned port) {
        return box
            .send_frame(test::FrameBuilder{frame}
                            .ipv4(source, "198.51.100.2")
                            .tcp(port, kServicePort)
                            .bytes(),
                        Side::kOutside)
            .reason;
    };
    EXPECT_EQ(from("203.0.113.1", 0), Reason::kPortZero);
    EXPECT_EQ(from("198.51.100.2", kServicePort), Reason::kLandAttack);
    EXPECT_EQ(from("198.51.100.2", 99), Reason::kLandAttack);
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_P(WithoutFlow, ASynMustHaveOptionsThatCanBeReadRfc9293Must7) {
    for (const test::Bytes& options :
         {test::Bytes{2, 0, 0, 0}, test::Bytes{2, 5, 1, 1}, test::Bytes{8, 10, 0, 0},
          test::Bytes{1, 1, 1, 3}, test::Bytes{4, 3, 0, 0}}) {
        Sent syn = exchange.syn();
        syn.options = options;
        EXPECT_EQ(box.send(syn).reason, Reason::kTcpOptionLength);
    }
    Sent unknown = exchange.syn();
    unknown.options = {254, 4, 1, 2, 34, 2, 0, 0};  // MUST-6
    EXPECT_NE(box.send(unknown).action, Action::kDrop);
}

TEST_P(WithoutFlow, IsDroppedWhereItIsAFragment) {
    const auto fragment =
        test::FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.2").fragment_field(0x2000).bytes();
    EXPECT_EQ(box.send_frame(fragment, Side::kOutside).reason, Reason::kFragment);
    const auto elsewhere =
        test::FrameBuilder{}.ipv4("203.0.113.1", "192.0.2.99").fragment_field(0x2000).bytes();
    EXPECT_EQ(box.send_frame(elsewhere, Side::kOutside).reason, Reason::kNotProtected);
    Policy policy = one_service(GetParam());
    policy.fragments = FragmentRule::kForward;
    EXPECT_EQ(Box{policy}.send_frame(fragment, Side::kOutside).reason, Reason::kFragmentForwarded);
}

TEST_P(WithoutFlow, IsDroppedUnderThatReasonWhereItIsMalformed) {
    const auto lying = test::FrameBuilder{}
                           .ipv4("203.0.113.1", "198.51.100.2")
                           .tcp(7, kServicePort)
                           .data_offset(4)
                           .bytes();
    EXPECT_EQ(box.send_frame(lying, Side::kOutside).reason, Reason::kTcpDataOffset);
    const auto elsewhere = test::FrameBuilder{}
                               .ipv4("203.0.113.1", "192.0.2.99")
                               .tcp(7, kServicePort)
                               .data_offset(4)
                               .bytes();
    EXPECT_EQ(box.send_frame(elsewhere, Side::kOutside).reason, Reason::kNotProtected);
}

TEST(WithoutFlowUnchallenged, UnreadableSegmentsPassWhereNothingIsDefended) {
    const auto fragment =
        test::FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.2").fragment_field(0x2000).bytes();
    const auto lying = test::FrameBuilder{}
                           .ipv4("203.0.113.1", "198.51.100.2")
                           .tcp(7, kServicePort)
                           .data_offset(4)
                           .bytes();
    for (const auto& [mode, reason] : {std::pair{Challenge::kNever, Reason::kWithoutFlow},
                                       std::pair{Challenge::kMonitor, Reason::kMonitored}}) {
        Box box{mode};
        EXPECT_EQ(box.send_frame(fragment, Side::kOutside).reason, reason);
        EXPECT_EQ(box.send_frame(lying, Side::kOutside).reason, reason);
        // One defended port at the address, and nobody can tell that it was not meant.
        Policy mixed = one_service(mode);
        mixed.services.push_back({.name = "defended",
                                  .addresses = {*wire::Prefix::parse("198.51.100.2")},
                                  .ports = {{443, 443}},
                                  .challenge = Challenge::kAlways});
        Box defended{mixed};
        EXPECT_EQ(defended.send_frame(fragment, Side::kOutside).reason, Reason::kFragment);
        EXPECT_EQ(defended.send_frame(lying, Side::kOutside).reason, Reason::kTcpDataOffset);
    }
}

TEST(WithoutFlowUnchallenged, PassesToServicesThatAreNeverChallenged) {
    for (const Challenge mode : {Challenge::kNever, Challenge::kMonitor}) {
        Box box{mode};
        Exchange exchange{box};
        for (const unsigned flags : kPlausible) {
            if (flags == kSyn) {
                continue;
            }
            EXPECT_EQ(exchange.send(exchange.client(flags, 1, 1)).reason, Reason::kWithoutFlow);
            EXPECT_EQ(exchange.send(exchange.server(flags, 1, 1)).reason, Reason::kWithoutFlow);
        }
        EXPECT_EQ(box.table.size(), 0U);
    }
}

}  // namespace
}  // namespace synward::defense
