// SPDX-License-Identifier: BSD-3-Clause
//
// Between a redeemed cookie and the server's answer.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;
using Retry = Defender::Retry;

class ConnectingFlow : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(exchange.redeem().action, Action::kConnectServer);
        number = exchange.flow()->held_index();
    }
    Connecting& waiting() { return box.connecting.at(number); }

    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    std::uint32_t number = 0;
};

TEST_F(ConnectingFlow, HoldsWhatTheClientSendsUpToItsLimit) {
    const unsigned limit = box.policy.hold.segments_per_connection;
    for (unsigned i = 0; i < limit; ++i) {
        const Verdict verdict = exchange.send(exchange.client(kAck, 1 + i * 100, 1, 100));
        EXPECT_EQ(verdict.action, Action::kHold);
        EXPECT_EQ(verdict.reason, Reason::kAwaitingServer);
        EXPECT_EQ(verdict.connecting, number);
    }
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1 + limit * 100, 1, 100)).reason,
              Reason::kHoldFull);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 100)).reason, Reason::kAlreadyHeld);
    EXPECT_EQ(waiting().held, limit);
}

TEST_F(ConnectingFlow, HoldsAFinButNoBareAck) {
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kAlreadyHeld);
    EXPECT_EQ(exchange.send(exchange.client(kFin | kAck, 1, 1)).action, Action::kHold);
}

TEST_F(ConnectingFlow, RefusesWhatIsNotOfThisConnection) {
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 2, 10)).reason, Reason::kAcknowledgmentUnsent);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 0x2'0000, 1, 10)).reason,
              Reason::kSequenceOutOfWindow);
    EXPECT_EQ(exchange.send(exchange.client(kSyn | kAck, 1, 1)).reason,
              Reason::kSynAckUnacceptable);
    EXPECT_EQ(waiting().held, 0);
}

TEST_F(ConnectingFlow, BoundsWhatAllHoldTogether) {
    Policy policy = one_service(Challenge::kAlways);
    policy.hold = {.connections = 8, .segments = 10, .segments_per_connection = 4};
    Box small{policy};
    unsigned held = 0;
    for (unsigned port = 1; port <= 4; ++port) {
        Exchange client{small, {.client_port = port}};
        client.redeem();
        for (std::uint32_t i = 0; i < 4; ++i) {
            held += client.send(client.client(kAck, 1 + i * 10, 1, 10)).action == Action::kHold;
        }
    }
    EXPECT_EQ(held, 10U);
}

TEST_F(ConnectingFlow, HoldsTheRedeemingSegmentLaterWhereThereWasNoRoomAtFirst) {
    Policy policy = one_service(Challenge::kAlways);
    policy.hold = {.connections = 8, .segments = 2, .segments_per_connection = 2};
    Box small{policy};
    Exchange first{small, {.client_port = 1}};
    Exchange second{small, {.client_port = 2}};
    second.challenge();
    first.redeem();
    EXPECT_EQ(first.send(first.client(kAck, 1, 1, 10)).action, Action::kHold);
    EXPECT_EQ(first.send(first.client(kAck, 11, 1, 10)).action, Action::kHold);
    const Verdict redeemed = second.send(second.client(kAck, 1, 1, 10));
    EXPECT_EQ(redeemed.action, Action::kConnectServer);
    EXPECT_EQ(redeemed.reason, Reason::kCookieRedeemed) << "its data is not kept";
    EXPECT_EQ(second.send(second.client(kAck, 1, 1, 10)).reason, Reason::kHoldFull);
    // The first one's server answers, and what it held makes room.
    EXPECT_EQ(first.send(first.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(second.send(second.client(kAck, 1, 1, 10)).action, Action::kHold);
}

TEST_F(ConnectingFlow, IsRefusedWhenThePoolIsUsedUp) {
    Policy policy = one_service(Challenge::kAlways);
    policy.hold.connections = 2;
    Box small{policy};
    for (unsigned port = 1; port <= 3; ++port) {
        Exchange client{small, {.client_port = port}};
        client.challenge();
        const Verdict verdict = client.send(client.client(kAck, 1, 1));
        if (port <= 2) {
            EXPECT_EQ(verdict.action, Action::kConnectServer);
        } else {
            EXPECT_EQ(verdict.reason, Reason::kHoldFull);
            EXPECT_EQ(client.flow(), nullptr) << "and the client may try again";
            Exchange first{small, {.client_port = 1}};
            first.send(first.server(kRst | kAck, 0, 1));
            EXPECT_EQ(client.send(client.client(kAck, 1, 1)).action, Action::kConnectServer);
        }
    }
}

TEST_F(ConnectingFlow, JoinsTheTwoWhenTheServerAnswers) {
    Sent latest = exchange.client(kAck, 1, 1, 100);
    latest.window = 1234;
    exchange.send(latest);
    const Verdict verdict = exchange.send(exchange.syn_ack());
    EXPECT_EQ(verdict.action, Action::kJoin);
    EXPECT_EQ(verdict.reason, Reason::kServerConnected);
    EXPECT_EQ(verdict.connecting, number);
    EXPECT_EQ(verdict.window, 1234) << "the client's latest, in the scale that the server knows";
    EXPECT_EQ(verdict.translation.sequence_delta, exchange.shown_isn() - 0x7000'0000U);
    EXPECT_EQ(verdict.timestamp_to_server, 2000U);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(box.connecting.in_use(), 0U);
    ASSERT_EQ(box.connecting.released().size(), 1U);
    // What was held comes again through the open flow; before it the server cannot know of it.
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 101)).reason, Reason::kAcknowledgmentUnsent);
    EXPECT_EQ(exchange.send(latest).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 101)).reason, Reason::kInConnection);
}

TEST_F(ConnectingFlow, JoinsAServerThatRefusesOptions) {
    Sent syn_ack = exchange.syn_ack();
    syn_ack.options = test::OptionsText{.mss = 1400}.bytes();
    const Verdict verdict = exchange.send(syn_ack);
    ASSERT_EQ(verdict.action, Action::kJoin);
    EXPECT_TRUE(verdict.translation.strip_timestamps);
    EXPECT_FALSE(verdict.translation.timestamps);
    EXPECT_TRUE(verdict.translation.strip_sack);
    EXPECT_EQ(verdict.translation.server_scale, tcp::kNoWindowScale);
    EXPECT_EQ(verdict.translation.promised_scale, 7);
    EXPECT_EQ(verdict.window, 500U << 7U) << "a server that does not scale is told octets";
}

TEST_F(ConnectingFlow, DoesNotCountWhatTheServerOffersUnasked) {
    Exchange plain{box, {.client_port = 9}};
    Sent syn = plain.syn();
    syn.options = {};
    const Verdict challenge = box.send(syn);
    Sent ack = plain.client(kAck, 1);
    ack.acknowledgment = challenge.sequence.value() + 1;
    ack.options = {};
    ASSERT_EQ(box.send(ack).action, Action::kConnectServer);
    const Verdict verdict = box.send(plain.syn_ack());  // with everything
    ASSERT_EQ(verdict.action, Action::kJoin);
    EXPECT_FALSE(verdict.translation.timestamps);
    EXPECT_FALSE(verdict.translation.strip_timestamps);
    EXPECT_EQ(verdict.translation.server_scale, tcp::kNoWindowScale);
    EXPECT_EQ(verdict.translation.promised_scale, tcp::kNoWindowScale);
}

TEST_F(ConnectingFlow, RefusesAMalformedSynAckAndGoesOnWaiting) {
    Sent syn_ack = exchange.syn_ack();
    syn_ack.options = {2, 0, 0, 0};
    EXPECT_EQ(exchange.send(syn_ack).reason, Reason::kTcpOptionLength);
    syn_ack = exchange.syn_ack();
    syn_ack.damaged = true;
    EXPECT_EQ(exchange.send(syn_ack).reason, Reason::kTcpChecksum);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
}

TEST_F(ConnectingFlow, PassesTheServersRefusalOnInTheClientsNumbers) {
    exchange.send(exchange.client(kAck, 1, 1, 100));
    EXPECT_EQ(exchange.send(exchange.server(kRst | kAck, 0, 99)).reason, Reason::kResetOutOfWindow);
    const Verdict verdict = exchange.send(exchange.server(kRst | kAck, 0, 1));
    EXPECT_EQ(verdict.action, Action::kRefuseClient);
    EXPECT_EQ(verdict.reason, Reason::kServerRefused);
    // RFC 5961 section 3.2: the client's RCV.NXT, or it is no exact match.
    EXPECT_EQ(verdict.sequence.value(), exchange.shown_isn() + 1);
    EXPECT_EQ(verdict.acknowledgment.value(), 0x1000'0000U + 101);
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(box.connecting.in_use(), 0U);
}

TEST_F(ConnectingFlow, TriesASilentServerAtDoublingIntervalsAndThenGivesUp) {
    const auto first = box.policy.hold.first_retransmission;
    const unsigned attempts = box.policy.hold.server_attempts;
    EXPECT_EQ(box.defender.retry(number), Retry::kNotYet);
    const tcp::Time start = box.now;
    tcp::Duration due = first;
    tcp::Duration interval = first;
    for (unsigned attempt = 2; attempt <= attempts; ++attempt) {
        box.now = start + due - milliseconds{1};
        box.expire();
        EXPECT_EQ(box.defender.retry(number), Retry::kNotYet) << attempt;
        box.now = start + due;
        box.expire();
        EXPECT_EQ(box.defender.retry(number), Retry::kSendAgain) << attempt;
        EXPECT_EQ(box.defender.retry(number), Retry::kNotYet) << attempt;
        interval *= 2;
        due += interval;
    }
    box.now = start + due;
    box.expire();
    EXPECT_EQ(box.defender.retry(number), Retry::kGiveUp);
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(box.connecting.in_use(), 0U);
    EXPECT_EQ(waiting().promised_sequence.value(), exchange.shown_isn()) << "for the client's RST";
    EXPECT_EQ(box.defender.retry(number), Retry::kNotYet);
}

TEST_F(ConnectingFlow, ResetsAServerThatKnowsAnOlderConnectionRfc9293Section3_5_1) {
    const Verdict verdict = exchange.send(exchange.server(kAck, 0x1234, 0x0bad'0000));
    EXPECT_EQ(verdict.action, Action::kAnswerReset);
    EXPECT_EQ(verdict.reason, Reason::kStaleServerReset);
    EXPECT_EQ(verdict.sequence.value(), 0x1000'0000U + 0x0bad'0000);
    EXPECT_EQ(verdict.connecting, number);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
}

TEST_F(ConnectingFlow, ResetsAStaleSynAckAndAStaleFinToo) {
    EXPECT_EQ(exchange.send(exchange.server(kSyn | kAck, 9, 0x0bad'0000)).action,
              Action::kAnswerReset);
    EXPECT_EQ(exchange.send(exchange.server(kFin | kAck, 9, 0x0bad'0000)).action,
              Action::kAnswerReset);
}

TEST_F(ConnectingFlow, WaitsForASynAckThatWasOvertakenRfc9293Section3_10_7_4) {
    // The answer of SYN-RECEIVED to the SYN once more, and a FIN at once: a RST would end this
    // very connection.
    for (const unsigned flags : {0U + kAck, 0U + kFin + kAck}) {
        EXPECT_EQ(exchange.send(exchange.server(flags, 1, 1)).reason, Reason::kSynAckAwaited);
    }
    EXPECT_EQ(waiting().attempts, 1);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
}

TEST_F(ConnectingFlow, DoesNotResetAStaleServerForEver) {
    unsigned resets = 0;
    for (int i = 0; i < 100; ++i) {
        resets += exchange.send(exchange.server(kAck, 0x1234, 0x0bad'0000)).action ==
                  Action::kAnswerReset;
    }
    EXPECT_LT(resets, box.policy.hold.server_attempts);
    const Box::Tries tries = box.wait(seconds{20});
    EXPECT_EQ(tries.given_up, 1U);
}

TEST_F(ConnectingFlow, AnswersAServersOwnSynWithNothing) {
    EXPECT_EQ(exchange.send(exchange.server(kSyn, 0)).action, Action::kDrop);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
}

TEST_F(ConnectingFlow, EndsWithTheClientsReset) {
    exchange.send(exchange.client(kAck, 1, 1, 100));
    EXPECT_EQ(exchange.send(exchange.client(kRst, 100)).reason, Reason::kResetOutOfWindow);
    ASSERT_NE(exchange.flow(), nullptr);
    const Verdict verdict = exchange.send(exchange.client(kRst | kAck, 101, 1));
    EXPECT_EQ(verdict.reason, Reason::kReset);
    // The server, in SYN_RCVD, knows nothing of the cookie nor of what is held (RFC 5961 section
    // 3).
    EXPECT_EQ(verdict.action, Action::kAbortServer);
    EXPECT_EQ(verdict.sequence, wire::SequenceNumber{exchange.client(kRst, 1).sequence});
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(box.connecting.in_use(), 0U);
    EXPECT_EQ(waiting().release_reason, Reason::kClientAborted);
}

TEST_F(ConnectingFlow, AnswersARetransmittedSynAsBefore) {
    const Verdict again = exchange.send(exchange.syn());
    EXPECT_EQ(again.action, Action::kAnswerSyn);
    EXPECT_EQ(again.sequence.value(), exchange.shown_isn());
    ASSERT_NE(exchange.flow(), nullptr);
}

TEST_F(ConnectingFlow, GivesWayToANewConnectionOfTheSamePorts) {
    Exchange anew{box, {.manner = Manner::kChallenged, .client_isn = 0x3000'0000}};
    EXPECT_EQ(anew.redeem().action, Action::kConnectServer);
    EXPECT_EQ(box.connecting.in_use(), 1U);
    EXPECT_EQ(anew.send(anew.syn_ack()).action, Action::kJoin);
    anew.expect_states(State::kEstablished, State::kEstablished);
    box.expect_consistent(64);
}

TEST_F(ConnectingFlow, LearnsFromTheAnswer) {
    Sent syn_ack = exchange.syn_ack();
    syn_ack.options = test::OptionsText{.mss = 1400, .window_scale = 2}.bytes();
    exchange.send(syn_ack);
    Exchange next{box, {.client_port = 7}};
    const Verdict challenge = next.challenge();
    EXPECT_EQ(challenge.options, (wire::HandshakeOptions{.mss = 1400, .window_scale = 2}));
}

}  // namespace
}  // namespace synward::defense
