// SPDX-License-Identifier: BSD-3-Clause
//
// Connections whose SYN passes untouched, up to the third segment.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kCwr, wire::kEce, wire::kFin, wire::kRst, wire::kSyn;

constexpr std::uint32_t kBudget = 64;

class Handshake : public testing::Test {
  protected:
    Box box{Challenge::kOverBudget, kBudget};
    Exchange exchange{box};

    std::uint32_t credits() const { return box.service().credits_left(); }
};

TEST_F(Handshake, TakesThreeSegmentsRfc9293Section3_5Figure6) {
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynWithinBudget);
    exchange.expect_states(State::kSynSent, State::kListen);
    EXPECT_EQ(credits(), kBudget - 1);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    exchange.expect_states(State::kSynSent, State::kSynReceived);
    EXPECT_EQ(credits(), kBudget - 1);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(credits(), kBudget);
    box.expect_consistent(kBudget);
}

TEST_F(Handshake, MayBeCompletedByDataOrByDataWithFin) {
    for (const unsigned flags : {0U + kAck, 0U + kAck + kFin}) {
        Box fresh{Challenge::kOverBudget};
        Exchange with_data{fresh};
        with_data.send(with_data.syn());
        with_data.send(with_data.syn_ack());
        EXPECT_EQ(with_data.send(with_data.client(flags, 1, 1, 100)).reason,
                  Reason::kHandshakeCompleted);
        with_data.expect_states((flags & kFin) != 0 ? State::kFinWait1 : State::kEstablished,
                                State::kEstablished);
        EXPECT_EQ(with_data.send(with_data.server(kAck, 1, 101)).reason, Reason::kInConnection);
    }
}

TEST_F(Handshake, IsNotCompletedByAnAckOfAnotherNumber) {
    exchange.send(exchange.syn());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kAcknowledgmentUnsent)
        << "nobody has answered yet";
    exchange.send(exchange.syn_ack());
    for (const std::uint32_t wrong : {0U, 2U, 0x8000'0000U}) {
        EXPECT_EQ(exchange.send(exchange.client(kAck, 1, wrong)).action, Action::kDrop) << wrong;
    }
    EXPECT_EQ(credits(), kBudget - 1);
    exchange.expect_states(State::kSynSent, State::kSynReceived);
}

TEST_F(Handshake, PassesRetransmissionsOfItsSynAndSynAck) {
    exchange.send(exchange.syn());
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRetransmitted);
    EXPECT_EQ(credits(), kBudget - 1) << "one connection, one credit";
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRetransmitted);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    // The ACK was lost behind the box.
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kInConnection);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_F(Handshake, EndsWithTheServersRefusal) {
    exchange.send(exchange.syn());
    EXPECT_EQ(exchange.send(exchange.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(credits(), kBudget);
}

TEST_F(Handshake, EndsWithTheClientsReset) {
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(exchange.send(exchange.client(kRst, 1)).reason, Reason::kReset);
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(credits(), kBudget);
}

TEST_F(Handshake, EndsWhenItsTimeIsOver) {
    exchange.send(exchange.syn());
    box.advance(box.policy.timeouts.half_open - milliseconds{100});
    box.expire();
    ASSERT_NE(exchange.flow(), nullptr);
    exchange.send(exchange.syn_ack());
    box.advance(box.policy.timeouts.half_open - milliseconds{100});
    box.expire();
    ASSERT_NE(exchange.flow(), nullptr) << "the SYN-ACK begins the time anew";
    EXPECT_EQ(credits(), kBudget - 1);
    box.advance(milliseconds{400});
    box.expire();
    EXPECT_EQ(exchange.flow(), nullptr);
    EXPECT_EQ(credits(), kBudget);
}

TEST_F(Handshake, RecoversFromAnOldDuplicateSynRfc9293Section3_5Figure9) {
    // Line 3: the old duplicate arrives first, and the server answers it.
    Exchange old{box, {.client_isn = 0x0fff'0000}};
    EXPECT_EQ(old.send(old.syn()).reason, Reason::kSynWithinBudget);
    EXPECT_EQ(old.send(old.syn_ack()).reason, Reason::kSynAck);
    // Line 5: the client's RST passes and clears the half-open connection.
    EXPECT_EQ(old.send(old.client(kRst, 1)).reason, Reason::kReset);
    EXPECT_EQ(old.flow(), nullptr);
    EXPECT_EQ(credits(), kBudget);
    // Lines 6 to 8: the true SYN succeeds.
    exchange.establish();
}

TEST_F(Handshake, RecoversWhenTheTrueSynHasPassedBeforeTheReset) {
    Exchange old{box, {.client_isn = 0x0fff'0000}};
    old.send(old.syn());
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRetransmitted);
    EXPECT_EQ(old.send(old.syn_ack()).reason, Reason::kSynAck) << "the client must see it";
    EXPECT_EQ(old.send(old.client(kRst, 1)).reason, Reason::kReset);
    const Verdict again = exchange.send(exchange.syn());
    EXPECT_EQ(again.action, Action::kForward);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    box.expect_consistent(kBudget);
}

TEST_F(Handshake, SurvivesAnOldDuplicateSynBehindTheTrueOne) {
    Exchange old{box, {.client_isn = 0x0fff'0000}};
    exchange.send(exchange.syn());
    EXPECT_EQ(old.send(old.syn()).action, Action::kForward);
    // The server, which had the true one first, answers it; the old one gets an ACK at most.
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 1)).reason, Reason::kChallengeAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 100)).reason, Reason::kInConnection);
}

TEST_F(Handshake, SurvivesAnOldDuplicateSynBehindTheSynAck) {
    Exchange old{box, {.client_isn = 0x0fff'0000}};
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(old.send(old.syn()).action, Action::kForward);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 100)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 101)).reason, Reason::kInConnection);
}

TEST_F(Handshake, HonoursTheWindowScaleOfWhicheverSynIsAnswered) {
    Exchange old{box, {.client_isn = 0x0fff'0000}};
    Sent without_scale = old.syn();
    without_scale.options = test::OptionsText{.mss = 1460}.bytes();
    old.send(without_scale);
    exchange.send(exchange.syn());  // with a scale of 7
    exchange.send(exchange.syn_ack());
    Sent third = exchange.client(kAck, 1, 1);
    third.window = 10'000;  // 1,280,000 octets
    EXPECT_EQ(exchange.send(third).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1'000'001, 1, 1400)).reason,
              Reason::kInConnection);
}

TEST_F(Handshake, LetsAServerThatKnowsAnOlderConnectionBeResetRfc9293Section3_5_1Figure10) {
    // The box does not know the old connection, and the server answers the SYN for it.
    exchange.send(exchange.syn());
    const Sent old_ack = exchange.server(kAck, 0x1234, 0x0bad'0000);
    EXPECT_EQ(exchange.send(old_ack).reason, Reason::kChallengeAck);
    EXPECT_EQ(exchange.send(exchange.client(kRst, 0x0bad'0000)).reason, Reason::kReset);
    ASSERT_NE(exchange.flow(), nullptr) << "its own SYN is still to come";
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRetransmitted);
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
}

TEST_F(Handshake, IsCompletedBehindAFinOnTheHeelsOfTheSynAckRfc9293Section3_10_4) {
    // CLOSE in SYN-RECEIVED. The client's first segment may acknowledge the SYN alone, or both.
    for (const bool fin_first : {false, true}) {
        for (const std::uint32_t acknowledged : {1U, 2U}) {
            Box fresh{Challenge::kOverBudget};
            Exchange closing{fresh};
            closing.send(closing.syn());
            if (!fin_first) {
                closing.send(closing.syn_ack());
            }
            EXPECT_EQ(closing.send(closing.server(kFin | kAck, 1, 1)).reason, Reason::kFinPassed);
            if (fin_first) {
                EXPECT_EQ(closing.send(closing.syn_ack()).reason, Reason::kSynAck);
            }
            closing.expect_states(State::kSynSent, State::kFinWait1);
            EXPECT_EQ(closing.send(closing.client(kAck, 1, acknowledged)).reason,
                      Reason::kHandshakeCompleted);
            acknowledged == 1 ? closing.expect_states(State::kEstablished, State::kFinWait1)
                              : closing.expect_states(State::kCloseWait, State::kFinWait2);
        }
    }
}

TEST_F(Handshake, MayHaveDataOnItsSynRfc7413) {
    Sent syn = exchange.syn();
    syn.length = 300;
    for (const std::uint32_t accepted : {1U, 301U, 100U}) {
        Box fresh{Challenge::kOverBudget};
        fresh.send(syn);
        Sent syn_ack = exchange.server(kSyn | kAck, 0, accepted);
        EXPECT_EQ(fresh.send(syn_ack).reason, Reason::kSynAck);
        EXPECT_EQ(fresh.send(exchange.client(kAck, accepted, 1)).reason,
                  Reason::kHandshakeCompleted)
            << accepted;
    }
}

TEST_F(Handshake, IgnoresWindowScaleThatOneSideAloneOffersRfc7323Section1_3) {
    Sent syn = exchange.syn();
    syn.options = test::OptionsText{.mss = 1460}.bytes();
    exchange.send(syn);
    exchange.send(exchange.syn_ack());  // offers a scale all the same, which does not count
    exchange.send(exchange.client(kAck, 1, 1));
    ASSERT_NE(exchange.flow(), nullptr);
    EXPECT_EQ(exchange.flow()->outside_scale, tcp::kNoWindowScale);
    EXPECT_EQ(exchange.flow()->inside_scale, tcp::kNoWindowScale);
}

TEST_F(Handshake, LearnsFromTheServersAnswer) {
    Sent syn_ack = exchange.syn_ack();
    syn_ack.flags |= kEce;
    exchange.send(exchange.syn());
    exchange.send(syn_ack);
    const tcp::Epoch epoch = 1;
    EXPECT_FALSE(box.service().offers(true).promised(epoch).ecn) << "not before the next epoch";
    box.advance(box.policy.cookie_key_lifetime);
    box.expire();
    const auto next = static_cast<tcp::Epoch>(box.now.time_since_epoch() /
                                              tcp::Duration{box.policy.cookie_key_lifetime});
    EXPECT_TRUE(box.service().offers(true).promised(next).ecn);
    EXPECT_EQ(box.service().offers(true).promised(next).window_scale, 9);
}

// Connections that a server opens, for services on every port.

class FromInside : public Handshake {
  protected:
    Sent syn() const {
        Sent sent = exchange.server(kSyn, 0);
        sent.acknowledgment = 0;
        sent.options = syn_options().bytes();
        return sent;
    }
    Sent syn_ack() const {
        Sent sent = exchange.client(kSyn | kAck, 0, 1);
        sent.options = syn_options().bytes();
        return sent;
    }
};

TEST_F(FromInside, PassesWithoutACreditAndWithoutAChallenge) {
    for (const Challenge mode : {Challenge::kAlways, Challenge::kOverBudget, Challenge::kNever}) {
        Box other{mode, 1};
        EXPECT_EQ(other.send(syn()).reason, Reason::kSynFromInside);
        EXPECT_EQ(other.service().credits_left(), 1U);
        EXPECT_EQ(other.send(syn_ack()).reason, Reason::kSynAck);
        EXPECT_EQ(other.send(exchange.server(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
        ASSERT_NE(other.flow(), nullptr);
        EXPECT_EQ(other.flow()->state(Side::kOutside), State::kEstablished);
        EXPECT_EQ(other.flow()->state(Side::kInside), State::kEstablished);
        EXPECT_EQ(other.send(exchange.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
    }
}

TEST_F(FromInside, RefusesAnAnswerToAnotherSyn) {
    box.send(syn());
    for (const std::uint32_t wrong : {0U, 2U, 0x8000'0001U}) {
        EXPECT_EQ(box.send(exchange.client(kSyn | kAck, 0, wrong)).reason,
                  Reason::kSynAckUnacceptable);
        EXPECT_EQ(box.send(exchange.client(kRst | kAck, 0, wrong)).reason,
                  Reason::kResetOutOfWindow);
    }
    EXPECT_EQ(box.send(syn_ack()).reason, Reason::kSynAck);
}

TEST_F(FromInside, IsRefusedByTheOtherSidesReset) {
    box.send(syn());
    EXPECT_EQ(box.send(exchange.client(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    EXPECT_EQ(box.flow(), nullptr);
}

TEST_F(FromInside, ResetsAPeerThatKnowsAnOlderConnectionRfc9293Section3_5_1) {
    box.send(syn());
    EXPECT_EQ(box.send(exchange.client(kAck, 0x1234, 0x0bad'0000)).reason, Reason::kChallengeAck);
    EXPECT_EQ(box.send(exchange.server(kRst, 0x0bad'0000)).reason, Reason::kReset);
    ASSERT_NE(box.flow(), nullptr);
    EXPECT_EQ(box.send(syn()).reason, Reason::kSynRetransmitted);
}

TEST(Unprotected, CrossesWhateverItIs) {
    Box box{Challenge::kAlways};
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (const Side from : {Side::kOutside, Side::kInside}) {
            const bool out = from == Side::kOutside;
            for (const unsigned port : {0U, 81U, 443U}) {
                const auto frame = test::FrameBuilder{}
                                       .ipv4(out ? "203.0.113.1" : "198.51.100.2",
                                             out ? "198.51.100.2" : "203.0.113.1")
                                       .tcp(out ? 7 : port, out ? port : 7)
                                       .flags(flags)
                                       .tcp_checksum(0xbad)
                                       .options({8, 0, 1, 1})
                                       .bytes();
                const Verdict verdict = box.send_frame(frame, from);
                EXPECT_EQ(verdict.reason, Reason::kNotProtected);
                EXPECT_EQ(verdict.action, Action::kForward);
            }
        }
    }
    EXPECT_EQ(box.table.size(), 0U);
}

}  // namespace
}  // namespace synward::defense
