// SPDX-License-Identifier: BSD-3-Clause
//
// Connections from before the run: what their ends are asked, and when they are known again.
#include <gtest/gtest.h>

#include "one_sided.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

constexpr std::uint32_t kClientIsn = 0x1000'0000;
constexpr std::uint32_t kServerIsn = 0x7000'0000;

Policy picking_up(Policy policy = one_service(Challenge::kAlways)) {
    policy.pick_up = seconds{30};
    return policy;
}

/// A connection that the box has not seen begin.
class PickingUp : public testing::TestWithParam<bool> {
  protected:
    Box box{picking_up()};
    Exchange exchange{box, {.ipv6 = GetParam()}};

    static Sent with_timestamps(Sent sent, std::uint32_t value, std::uint32_t echo) {
        sent.options = test::OptionsText{.timestamps = {{value, echo}}}.bytes();
        return sent;
    }
    Sent client(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                std::size_t length = 0) const {
        return with_timestamps(exchange.client(flags, sequence, acknowledgment, length), 2000,
                               500'000);
    }
    Sent server(unsigned flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                std::size_t length = 0) const {
        return with_timestamps(exchange.server(flags, sequence, acknowledgment, length), 500'300,
                               1990);
    }
    std::vector<Origination> asked_by(const Sent& sent, Reason reason = Reason::kPickUpAwaited) {
        box.defender.clear_originations();
        const Verdict verdict = exchange.send(sent);
        EXPECT_EQ(verdict.action, Action::kDrop);
        EXPECT_EQ(verdict.reason, reason);
        const auto all = box.defender.originations();
        return {all.begin(), all.end()};
    }
};

INSTANTIATE_TEST_SUITE_P(, PickingUp, testing::Bool(),
                         [](const auto& family) { return family.param ? "IPv6" : "IPv4"; });

// RFC 9293 sections 3.10.7.4 and 3.8.4: what an end does not accept it answers with an ACK.
TEST_P(PickingUp, AServersRetransmissionHasItsClientAsked) {
    const auto asked = asked_by(server(kAck, 5001, 201, 1000));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].reason, Reason::kPickUpQuestion);
    EXPECT_EQ(asked[0].to, Side::kOutside);
    EXPECT_EQ(asked[0].fields.sequence.value(), kServerIsn + 5000);
    EXPECT_EQ(asked[0].fields.acknowledgment.value(), kClientIsn + 201);
    EXPECT_EQ(asked[0].fields.flags, kAck);
    EXPECT_EQ(asked[0].options.timestamps, (wire::Timestamps{500'300, 1990}));
    EXPECT_TRUE(asked[0].link.is_known());
    EXPECT_EQ(box.table.size(), 0U);
    EXPECT_TRUE(asked_by(server(kAck, 6001, 201, 1000)).empty()) << "asked just now";

    EXPECT_EQ(exchange.send(client(kAck, 201, 5001)).reason, Reason::kPickedUp);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(exchange.send(server(kAck, 5001, 201, 1000)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(client(kAck, 201, 6001, 500)).reason, Reason::kInConnection);
}

TEST_P(PickingUp, AClientsRetransmissionHasItsServerAskedFirst) {
    const auto asked = asked_by(client(kAck, 201, 5001, 100));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].to, Side::kInside);
    EXPECT_EQ(asked[0].fields.sequence.value(), kClientIsn + 200);
    EXPECT_EQ(asked[0].fields.acknowledgment.value(), kServerIsn + 5001);

    const auto then = asked_by(server(kAck, 5001, 201));
    ASSERT_EQ(then.size(), 1U);
    EXPECT_EQ(then[0].to, Side::kOutside);
    EXPECT_EQ(exchange.send(client(kAck, 301, 5001)).reason, Reason::kPickedUp);
    EXPECT_EQ(exchange.send(client(kAck, 201, 5001, 100)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(server(kAck, 5001, 301)).reason, Reason::kInConnection);
}

// What was lost when the earlier run ended lies before what had arrived.
TEST_P(PickingUp, AFilledGapIsAcknowledgedFarBeyondWhatWasSeen) {
    asked_by(server(kAck, 5001, 201, 1000));
    ASSERT_EQ(exchange.send(client(kAck, 201, 5001)).reason, Reason::kPickedUp);
    EXPECT_EQ(exchange.send(server(kAck, 5001, 201, 1000)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(client(kAck, 201, 3'005'001)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(client(kAck, 201, 3'005'001, 1000)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(server(kAck, 3'005'001, 2'001'201)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(client(kAck, 2'001'201, 3'005'001, 9)).reason, Reason::kInConnection);
}

// RFC 9293 section 3.10.7.4, figure 12.
TEST_P(PickingUp, ClosesAsAnyOther) {
    asked_by(server(kAck, 5001, 201, 1000));
    ASSERT_EQ(exchange.send(client(kAck, 201, 5001)).reason, Reason::kPickedUp);
    exchange.send(server(kAck, 5001, 201, 1000));
    EXPECT_EQ(exchange.send(client(kAck | kFin, 201, 6001)).reason, Reason::kFinPassed);
    exchange.expect_states(State::kFinWait1, State::kEstablished);
    EXPECT_EQ(exchange.send(server(kAck | kFin, 6001, 202)).reason, Reason::kFinPassed);
    exchange.expect_states(State::kFinWait2, State::kLastAck);
    EXPECT_EQ(exchange.send(client(kAck, 202, 6002)).reason, Reason::kInConnection);
    exchange.expect_states(State::kTimeWait, State::kClosed);
}

TEST_P(PickingUp, AFinIsPickedUpAsAnySegment) {
    asked_by(server(kAck | kFin, 5001, 201));
    EXPECT_EQ(exchange.send(client(kAck | kFin, 201, 5001)).reason, Reason::kPickedUp);
    exchange.expect_states(State::kFinWait1, State::kEstablished);
    EXPECT_EQ(exchange.send(server(kAck | kFin, 5001, 202)).reason, Reason::kFinPassed);
    exchange.expect_states(State::kFinWait2, State::kLastAck);
}

// An earlier run had spliced it: its ends count differently, and neither must get what the other
// sends.
TEST_P(PickingUp, WhatWasSplicedStaysUnknown) {
    std::uint32_t delta = 0x0123'4567;
    for (unsigned port = 1; port <= 2000; ++port) {
        delta = delta * 1'664'525 + 1'013'904'223;
        if (delta + (8U << 20U) < 16U << 20U) {
            continue;
        }
        Exchange spliced{box, {.timestamps = false, .client_port = port, .ipv6 = GetParam()}};
        box.defender.clear_originations();
        ASSERT_EQ(spliced.send(spliced.server(kAck, 5001, 201, 1000)).reason,
                  Reason::kPickUpAwaited);
        ASSERT_NE(spliced.send(spliced.client(kAck, 201, 5001 + delta)).reason, Reason::kPickedUp);
        box.advance(milliseconds{1});
    }
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_P(PickingUp, EndsWithItsTime) {
    box.advance(seconds{29});  // it runs from the first batch
    asked_by(server(kAck, 5001, 201, 1000));
    box.advance(seconds{31});
    EXPECT_TRUE(asked_by(server(kAck, 5001, 201, 1000), Reason::kDataWithoutFlow).empty());
    EXPECT_TRUE(asked_by(client(kAck, 201, 5001), Reason::kCookieInvalid).empty());
}

TEST_P(PickingUp, IsForNothingButSegmentsOfConnections) {
    const Reason no_reset = Reason::kResetWithoutFlow;
    EXPECT_TRUE(asked_by(client(kRst, 201, 0), no_reset).empty());
    EXPECT_TRUE(asked_by(server(kRst | kAck, 5001, 201), no_reset).empty());
    EXPECT_TRUE(asked_by(server(kSyn | kAck, 0, 1), Reason::kSynAckWithoutFlow).empty());
    EXPECT_TRUE(asked_by(client(kSyn | kAck, 0, 1), Reason::kSynAckWithoutFlow).empty());
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynChallenged);
    Sent damaged = client(kAck, 201, 5001);
    damaged.damaged = true;
    EXPECT_TRUE(asked_by(damaged, Reason::kTcpChecksum).empty());
}

TEST_P(PickingUp, ACookieIsRedeemedFirst) {
    exchange.challenge();
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST_P(PickingUp, AFloodHasFewQuestionsAskedAndLeavesNothing) {
    unsigned asked = 0;
    for (unsigned port = 1; port <= 60'000; ++port) {
        Exchange forged{box, {.client_port = port, .ipv6 = GetParam()}};
        box.defender.clear_originations();
        const Reason reason = forged.send(forged.client(kAck, 1, 1)).reason;
        asked += reason == Reason::kPickUpAwaited ? 1U : 0U;
        EXPECT_EQ(box.defender.originations().size(), reason == Reason::kPickUpAwaited ? 1U : 0U);
        box.advance(std::chrono::microseconds{2});  // 500,000 a second
    }
    EXPECT_LE(asked, 1000 + 1200 + 1);
    EXPECT_EQ(box.table.size(), 0U);
    // A server that sends again needs no question to itself.
    asked_by(server(kAck, 5001, 201, 1000));
    EXPECT_EQ(exchange.send(client(kAck, 201, 5001)).reason, Reason::kPickedUp);
}

TEST_P(PickingUp, TakesAPlaceOfItsSourcesBudget) {
    Policy policy = picking_up();
    policy.sources.concurrent = 1;
    Box limited{policy};
    Exchange early{limited, {.timestamps = false, .ipv6 = GetParam()}};
    early.send(early.server(kAck, 5001, 201, 1000));
    ASSERT_EQ(early.send(early.client(kAck, 201, 5001)).reason, Reason::kPickedUp);
    Exchange late{limited, {.client_port = 7, .ipv6 = GetParam()}};
    EXPECT_EQ(late.send(late.syn()).reason, Reason::kSourceOverConcurrent);
}

TEST_P(PickingUp, IsOffByDefault) {
    Box plain{Challenge::kAlways};
    Exchange early{plain, {.timestamps = false, .ipv6 = GetParam()}};
    EXPECT_EQ(early.send(early.server(kAck, 5001, 201, 1000)).reason, Reason::kDataWithoutFlow);
    EXPECT_TRUE(plain.defender.originations().empty());
}

// Nobody can be asked there.
TEST_P(PickingUp, AOneSidedConnectionGoesOnAndGivesWay) {
    Box apart{picking_up(one_sided(Challenge::kAlways))};
    Exchange early{apart, {.ipv6 = GetParam()}};
    EXPECT_EQ(early.send(early.client(kAck, 201, 5001, 100)).reason, Reason::kPickedUp);
    early.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(apart.table.half_open(), 1U);
    EXPECT_EQ(early.send(early.client(kAck, 301, 5001)).reason, Reason::kInConnection);
    apart.advance(std::chrono::hours{1});
    apart.expire();
    EXPECT_EQ(early.send(early.client(kAck, 301, 5001)).reason, Reason::kInConnection);
    Exchange late{apart, {.client_port = 7, .ipv6 = GetParam()}};
    EXPECT_EQ(late.send(late.client(kAck, 201, 5001)).reason, Reason::kSourceNotAdmitted);
    apart.expect_consistent(64);
}

}  // namespace
}  // namespace synward::defense
