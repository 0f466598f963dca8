// SPDX-License-Identifier: BSD-3-Clause
//
// The challenge by reset, with servers' answers seen: a client is made to send a RST, its address
// is admitted, and its connections are followed as those of any other service.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

Policy by_reset(Challenge challenge, std::uint32_t budget = 64) {
    Policy policy = one_service(challenge, budget);
    policy.services[0].method = Method::kReset;
    return policy;
}

/// What a client in SYN_SENT answers to `challenge` (RFC 9293 section 3.10.7.3).
Sent reset_for(const Exchange& exchange, const Verdict& challenge) {
    Sent reset = exchange.client(kRst, 0);
    reset.sequence = challenge.acknowledgment.value();
    reset.acknowledgment = 0;
    return reset;
}

class ResetChallenge : public testing::Test {
  protected:
    Box box{by_reset(Challenge::kAlways)};
    Exchange client{box};

    /// The client of `exchange` is challenged and resets.
    static void admit(Exchange& exchange) {
        const Verdict challenge = exchange.send(exchange.syn());
        ASSERT_EQ(challenge.reason, Reason::kSynChallengedByReset);
        ASSERT_EQ(exchange.send(reset_for(exchange, challenge)).reason, Reason::kSourceAdmitted);
    }
    Exchange from_port(unsigned port) { return Exchange{box, {.client_port = port}}; }
};

TEST_F(ResetChallenge, AnswersWhatNoClientAccepts) {
    const Verdict verdict = client.send(client.syn());
    EXPECT_EQ(verdict.action, Action::kAnswerSyn);
    const auto isn = wire::SequenceNumber{client.syn().sequence};
    EXPECT_TRUE(before_or_at(verdict.acknowledgment, isn) ||
                before(isn + 65'536, verdict.acknowledgment));
    EXPECT_EQ(verdict.options, wire::HandshakeOptions{}) << "nothing reflected, nothing offered";
    EXPECT_EQ(verdict.window, 0);
    EXPECT_FALSE(verdict.ecn);
    EXPECT_EQ(box.table.size(), 0U);
    EXPECT_EQ(box.defender.admitted_sources().count(box.now), 0U);
}

TEST_F(ResetChallenge, TheRetriedSynPassesAndTheConnectionIsFollowedUnspliced) {
    admit(client);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynRetransmitted);
    EXPECT_EQ(client.send(client.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    const auto in_connection = Reason::kInConnection;
    const auto established = State::kEstablished;
    play(client,
         std::array{
             defense::client(kAck, 1, 1, 100, in_connection, established, established),
             server(kAck, 1, 101, 1000, in_connection, established, established),
             defense::client(kAck | kFin, 101, 1001, 0, Reason::kFinPassed, State::kFinWait1,
                             established),
             server(kAck | kFin, 1001, 102, 0, Reason::kFinPassed, State::kFinWait2,
                    State::kLastAck),
             defense::client(kAck, 102, 1002, 0, in_connection, State::kTimeWait, State::kClosed),
         });
    EXPECT_EQ(client.send(client.client(kAck, 0x4000'0000, 1, 5)).reason,
              Reason::kSequenceOutOfWindow)
        << "windows are enforced";
}

TEST_F(ResetChallenge, AnAdmittedSourceMeetsNoOtherChallenge) {
    admit(client);
    for (unsigned port = 1; port <= AdmittedSources::kBurst; ++port) {
        Exchange other = from_port(port);
        ASSERT_EQ(other.send(other.syn()).reason, Reason::kSynAdmitted) << port;
    }
    Exchange beyond = from_port(9999);
    EXPECT_EQ(beyond.send(beyond.syn()).reason, Reason::kSynChallengedByReset);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted) << "its own handshake's";
    box.advance(std::chrono::minutes{11});
    Exchange late = from_port(9998);
    EXPECT_EQ(late.send(late.syn()).reason, Reason::kSynChallengedByReset);
}

TEST_F(ResetChallenge, IsAnsweredInIpv6AsWell) {
    Exchange six{box, {.ipv6 = true}};
    admit(six);
    EXPECT_EQ(six.send(six.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynChallengedByReset);
}

TEST_F(ResetChallenge, HasOneAnswerForEachEpochAndHonoursTwo) {
    const Verdict challenge = client.send(client.syn());
    EXPECT_EQ(client.send(client.syn()).acknowledgment, challenge.acknowledgment);
    box.advance(box.policy.cookie_key_lifetime);
    EXPECT_EQ(client.send(reset_for(client, challenge)).reason, Reason::kSourceAdmitted);
    box.advance(box.policy.cookie_key_lifetime);
    EXPECT_EQ(client.send(reset_for(client, challenge)).reason, Reason::kResetWithoutFlow);
}

TEST_F(ResetChallenge, OnlyTheClientsOwnNumberAdmits) {
    const Verdict challenge = client.send(client.syn());
    Sent reset = reset_for(client, challenge);
    for (unsigned bit = 0; bit < 32; ++bit) {
        Sent wrong = reset;
        wrong.sequence ^= 1U << bit;
        EXPECT_EQ(client.send(wrong).reason, Reason::kResetWithoutFlow) << bit;
    }
    Sent elsewhere = reset;
    elsewhere.client_port = 7;
    EXPECT_EQ(client.send(elsewhere).reason, Reason::kResetWithoutFlow);
    Sent inside = reset;
    inside.from = Side::kInside;
    EXPECT_EQ(client.send(inside).reason, Reason::kResetWithoutFlow);
    Sent damaged = reset;
    damaged.damaged = true;
    EXPECT_EQ(client.send(damaged).reason, Reason::kTcpChecksum);
    EXPECT_EQ(box.defender.admitted_sources().count(box.now), 0U);
    EXPECT_EQ(client.send(reset).reason, Reason::kSourceAdmitted);
}

// Before any SYN was challenged the number would be right all the same: nobody computes it.
TEST_F(ResetChallenge, NoResetIsLookedAtWhileNoChallengeIsOut) {
    Box twin{by_reset(Challenge::kAlways)};
    Exchange at_twin{twin};
    const Verdict challenge = at_twin.send(at_twin.syn());
    EXPECT_EQ(client.send(reset_for(client, challenge)).reason, Reason::kResetWithoutFlow);
    EXPECT_EQ(at_twin.send(reset_for(at_twin, challenge)).reason, Reason::kSourceAdmitted);
}

TEST_F(ResetChallenge, BoxesThatShareASecretAdmitForEachOther) {
    const Box::Settings shared{.policy = by_reset(Challenge::kAlways), .cookies_are_shared = true};
    Box one{shared};
    Box other{shared};
    Exchange at_one{one};
    Exchange at_other{other};
    const Verdict challenge = at_one.send(at_one.syn());
    EXPECT_EQ(at_other.send(reset_for(at_other, challenge)).reason, Reason::kSourceAdmitted);
    EXPECT_EQ(at_other.send(at_other.syn()).reason, Reason::kSynAdmitted);
}

// The network has duplicated the SYN, or the answer; the second RST comes when the retry has
// passed.
TEST_F(ResetChallenge, ALateResetDoesNotReachTheServer) {
    const Verdict challenge = client.send(client.syn());
    const Sent reset = reset_for(client, challenge);
    client.send(reset);
    client.send(client.syn());
    EXPECT_EQ(client.send(reset).reason, Reason::kSourceAdmitted);
    client.send(client.syn_ack());
    EXPECT_EQ(client.send(reset).reason, Reason::kSourceAdmitted);
    client.send(client.client(kAck, 1, 1));
    EXPECT_EQ(client.send(reset).reason, Reason::kSourceAdmitted);
    client.expect_states(State::kEstablished, State::kEstablished);
}

// Of 2^32 acknowledgment numbers 2^9 would pass for a cookie, if cookies were looked for.
TEST_F(ResetChallenge, NoAckRedeemsACookieThere) {
    client.send(client.syn());
    for (const unsigned flags : {kAck + 0U, kAck | 0U | kFin}) {
        const Reason reason =
            (flags & kFin) != 0 ? Reason::kFinWithoutFlow : Reason::kAckWithoutFlow;
        EXPECT_EQ(client.send(client.client(flags, 1, 1)).reason, reason);
    }
}

TEST_F(ResetChallenge, AResetAnswersNothingWhereCookiesChallenge) {
    Box cookies{Challenge::kAlways};
    Exchange there{cookies};
    there.send(there.syn());
    const Verdict challenge = client.send(client.syn());
    EXPECT_EQ(there.send(reset_for(there, challenge)).reason, Reason::kResetWithoutFlow);
}

TEST_F(ResetChallenge, OverBudgetChallengesOnlyBeyondTheBudget) {
    Box few{by_reset(Challenge::kOverBudget, 3)};
    for (unsigned port = 1; port <= 3; ++port) {
        Exchange early{few, {.client_port = port}};
        EXPECT_EQ(early.send(early.syn()).reason, Reason::kSynWithinBudget);
    }
    Exchange late{few, {.client_port = 4}};
    admit(late);
    EXPECT_EQ(late.send(late.syn()).reason, Reason::kSynAdmitted);
    late.send(late.syn_ack());
    EXPECT_EQ(late.send(late.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    few.expect_consistent(3);
    EXPECT_EQ(few.service().credits_left(), 0U) << "an admitted SYN takes no credit";
}

TEST_F(ResetChallenge, APortRefusedLooksClosed) {
    admit(client);
    client.send(client.syn());
    EXPECT_EQ(client.send(client.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    EXPECT_EQ(client.flow(), nullptr);
}

// RFC 5961 section 4: whoever forges the address of an admitted source must not end its connection.
TEST_F(ResetChallenge, ASynOnALiveConnectionEndsNothing) {
    admit(client);
    client.send(client.syn());
    client.send(client.syn_ack());
    client.send(client.client(kAck, 1, 1));
    Sent forged = client.syn();
    forged.sequence += 0x0123'4567;
    EXPECT_EQ(client.send(forged).reason, Reason::kSynOnLiveFlow);
    client.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
    box.advance(std::chrono::minutes{11});
    EXPECT_EQ(client.send(forged).reason, Reason::kSynChallengedByReset);
    client.expect_states(State::kEstablished, State::kEstablished);
}

// RFC 6191: the four-tuple is used again after a close, by a client that must first be admitted.
TEST_F(ResetChallenge, ASynThatReusesPortsIsChallengedBesideTheOldFlow) {
    admit(client);
    client.send(client.syn());
    client.send(client.syn_ack());
    client.send(client.client(kAck, 1, 1));
    client.send(client.client(kAck | kFin, 1, 1));
    client.send(client.server(kAck | kFin, 1, 2));
    client.send(client.client(kAck, 2, 2));
    client.expect_states(State::kTimeWait, State::kClosed);
    box.advance(std::chrono::minutes{11});
    Exchange again{box, {.client_isn = 0x2000'0000, .server_isn = 0x8000'0000}};
    admit(again);
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(again.send(again.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(again.send(again.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
}

}  // namespace
}  // namespace synward::defense
