// SPDX-License-Identifier: BSD-3-Clause
//
// Connections on an asymmetric route: the box sees what clients send and nothing else.
#include "one_sided.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

class OneSided : public testing::TestWithParam<bool> {
  protected:
    Box box{one_sided(Challenge::kAlways)};
    Exchange client{box, {.ipv6 = GetParam()}};

    /// Challenged by reset, then through its third segment.
    void establish() {
        admit(client);
        ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted);
        ASSERT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
        client.expect_states(State::kEstablished, State::kEstablished);
    }
};

INSTANTIATE_TEST_SUITE_P(, OneSided, testing::Bool(),
                         [](const auto& family) { return family.param ? "IPv6" : "IPv4"; });

TEST_P(OneSided, AConnectionLivesWithoutItsServersSegments) {
    establish();
    EXPECT_EQ(client.flow()->life(), flow::Phase::kOpen);
    const auto in_connection = Reason::kInConnection;
    const auto established = State::kEstablished;
    play(client,
         std::array{
             defense::client(kAck, 1, 1, 100, in_connection, established, established),
             // Acknowledges what the box has not seen.
             defense::client(kAck, 101, 90'001, 0, in_connection, established, established),
             // Lost before the box, and reordered.
             defense::client(kAck, 5101, 90'001, 100, in_connection, established, established),
             defense::client(kAck, 101, 90'001, 100, in_connection, established, established),
             defense::client(kAck | kFin, 5201, 90'001, 0, Reason::kFinPassed, State::kFinWait1,
                             established),
             defense::client(kAck | kFin, 5201, 90'001, 0, Reason::kFinPassed, State::kFinWait1,
                             established),
             // RFC 9293 section 3.10.4: half-closed, it goes on to acknowledge.
             defense::client(kAck, 5202, 190'002, 0, in_connection, State::kFinWait1, established),
         });
    box.expect_consistent(64);
}

// Data may reach the server before the bare ACK does, or without it; the window of a SYN-ACK is
// never scaled (RFC 7323 section 2.2).
TEST_P(OneSided, TheThirdSegmentMayBeLost) {
    admit(client);
    for (const unsigned sequence : {1U, 2U, 1461U, 65'536U}) {
        Exchange other{box, {.client_port = 1000 + sequence % 1000, .ipv6 = GetParam()}};
        ASSERT_EQ(other.send(other.syn()).reason, Reason::kSynAdmitted);
        EXPECT_EQ(other.send(other.client(kAck, sequence, 1, 10)).reason,
                  Reason::kHandshakeCompleted)
            << sequence;
        other.expect_states(State::kEstablished, State::kEstablished);
    }
}

TEST_P(OneSided, AFirstSegmentElsewhereIsNone) {
    Box few{one_sided(Challenge::kOverBudget)};
    for (const std::uint32_t sequence : {0U, 65'537U, 0x8000'0001U, 0xffff'0000U}) {
        Exchange other{few, {.client_port = 1000 + sequence % 1000, .ipv6 = GetParam()}};
        ASSERT_EQ(other.send(other.syn()).reason, Reason::kSynWithinBudget);
        EXPECT_EQ(other.send(other.client(kAck, sequence, 1)).reason, Reason::kSequenceOutOfWindow)
            << sequence;
        other.expect_states(State::kSynSent, State::kListen);
    }
}

// RFC 7413: the server may or may not have taken what was on the SYN.
TEST_P(OneSided, DataOnTheSynMayComeAgain) {
    admit(client);
    Sent syn = client.syn();
    syn.length = 500;
    ASSERT_EQ(client.send(syn).reason, Reason::kSynAdmitted);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1, 500)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(client.send(client.client(kAck, 501, 1, 500)).reason, Reason::kInConnection);
}

TEST_P(OneSided, OnlyWhatIsHalfOfAllNumbersAwayIsRefused) {
    establish();
    const std::uint32_t far = 1U << 30U;
    EXPECT_EQ(client.send(client.client(kAck, 1 + far, 1)).reason, Reason::kInConnection);
    EXPECT_EQ(client.send(client.client(kAck, 1 - far, 1)).reason, Reason::kInConnection)
        << "what is so far ahead moves nothing";
    box.advance(std::chrono::minutes{11});  // the source is not admitted any more
    EXPECT_EQ(client.send(client.client(kAck, 2 + far, 1)).reason, Reason::kSequenceOutOfWindow);
    EXPECT_EQ(client.send(client.client(kAck, 0 - far, 1)).reason, Reason::kSequenceOutOfWindow);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1, 9)).reason, Reason::kInConnection);
}

// Four-tuples of long transfers go round all numbers.
TEST_P(OneSided, FollowsItsClientAroundTheNumbers) {
    establish();
    for (std::uint64_t sequence = 1; sequence < 0x2'0000'0000; sequence += 0x200'0000) {
        ASSERT_EQ(
            client.send(client.client(kAck, static_cast<std::uint32_t>(sequence), 1, 1000)).reason,
            Reason::kInConnection);
    }
}

// RFC 5961 section 3.2, as far as it can be checked: the exact number is the client's next.
TEST_P(OneSided, AResetEndsTheFlowAtTheClientsNextNumberOnly) {
    establish();
    client.send(client.client(kAck, 1, 1, 100));
    EXPECT_EQ(client.send(client.client(kRst, 90)).reason, Reason::kReset);
    client.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(client.send(client.client(kRst, 0x2000'0000)).reason, Reason::kResetOutOfWindow);
    EXPECT_EQ(client.send(client.client(kRst, 101)).reason, Reason::kReset);
    client.expect_states(State::kClosed, State::kClosed);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynOnLiveFlow) << "its own, once more";
    Exchange again{box, {.client_isn = 0x2000'0000, .ipv6 = GetParam()}};
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynAdmitted);
    again.expect_states(State::kSynSent, State::kListen);
}

// RFC 6191, RFC 9293 section 3.6.1.
TEST_P(OneSided, ASynAfterItsClientsFinBeginsAnew) {
    establish();
    client.send(client.client(kAck | kFin, 1, 1));
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynOnLiveFlow) << "its own, once more";
    Exchange again{box, {.client_isn = 0x1000'2000, .ipv6 = GetParam()}};
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynAdmitted);
    again.expect_states(State::kSynSent, State::kListen);
    EXPECT_EQ(again.send(again.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
}

// RFC 5961 section 4: the server's challenge ACK goes to the client, whose RST comes this way.
TEST_P(OneSided, ASynEndsNoConnectionThatLives) {
    establish();
    Exchange again{box, {.client_isn = 0x2000'0000, .ipv6 = GetParam()}};
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynOnLiveFlow);
    client.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(client.send(client.client(kRst, 1)).reason, Reason::kReset);
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(again.send(again.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
}

TEST_P(OneSided, ASynOfAStrangerIsChallengedBesideTheFlow) {
    establish();
    box.advance(std::chrono::minutes{11});
    Exchange again{box, {.client_isn = 0x2000'0000, .ipv6 = GetParam()}};
    EXPECT_EQ(again.send(again.syn()).reason, Reason::kSynChallengedByReset);
    client.expect_states(State::kEstablished, State::kEstablished);
}

// Which of two SYNs counts, only the server's answer could tell.
TEST_P(OneSided, AnotherSynBeforeTheThirdSegmentCosts) {
    admit(client);
    ASSERT_EQ(client.send(client.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(client.send(client.syn()).reason, Reason::kSynRetransmitted);
    Exchange forged{box, {.client_isn = 0x6000'0000, .ipv6 = GetParam()}};
    EXPECT_EQ(forged.send(forged.syn()).reason, Reason::kSynAdmitted);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kConnectionResumed)
        << "the true client has spent of its allowance, and is not locked out";
    EXPECT_EQ(client.send(client.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
}

TEST_P(OneSided, AnAdmittedSourcesSegmentResumesItsConnection) {
    establish();
    box.table.erase(*client.flow());
    const Verdict verdict = client.send(client.client(kAck, 5000, 70'000, 100));
    EXPECT_EQ(verdict.action, Action::kForward);
    EXPECT_EQ(verdict.reason, Reason::kConnectionResumed);
    client.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_TRUE(client.flow()->one_sided);
    EXPECT_EQ(client.send(client.client(kAck | kFin, 5100, 70'000)).reason, Reason::kFinPassed);
    client.expect_states(State::kFinWait1, State::kEstablished);
}

TEST_P(OneSided, WhatIsDamagedResumesNothing) {
    establish();
    box.table.erase(*client.flow());
    Sent damaged = client.client(kAck, 5000, 70'000, 100);
    damaged.damaged = true;
    EXPECT_EQ(client.send(damaged).reason, Reason::kTcpChecksum);
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_P(OneSided, ResumingSpendsTheSourcesAllowance) {
    establish();
    unsigned resumed = 0;
    for (unsigned port = 1; port <= 200; ++port) {
        Exchange other{box, {.client_port = port, .ipv6 = GetParam()}};
        const Reason reason = other.send(other.client(kAck, 1, 1)).reason;
        resumed += reason == Reason::kConnectionResumed ? 1U : 0U;
        EXPECT_TRUE(reason == Reason::kConnectionResumed || reason == Reason::kSourceNotAdmitted);
    }
    // The handshake before was paid for by the handshake's own proof.
    EXPECT_EQ(resumed, AdmittedSources::kBurst);
}

TEST_P(OneSided, AStrangersSegmentsAreDroppedUnderTheirReason) {
    client.send(client.syn());  // a challenge is out
    EXPECT_EQ(client.send(client.client(kAck, 1, 1)).reason, Reason::kSourceNotAdmitted);
    EXPECT_EQ(client.send(client.client(kAck, 1, 1, 10)).reason, Reason::kSourceNotAdmitted);
    EXPECT_EQ(client.send(client.client(kAck | kFin, 1, 1)).reason, Reason::kSourceNotAdmitted);
    EXPECT_EQ(client.send(client.client(kRst, 1)).reason, Reason::kResetWithoutFlow);
    EXPECT_EQ(client.send(client.client(kSyn | kAck, 1, 1)).reason, Reason::kSynAckWithoutFlow);
    EXPECT_EQ(box.table.size(), 0U);
}

// Another box may be on the way back, or the same one.
TEST_P(OneSided, AServersSegmentsPassWithoutAFlow) {
    for (const unsigned flags :
         std::initializer_list<unsigned>{kSyn | kAck, kAck, kAck | kFin, kRst | kAck, kRst}) {
        const Verdict verdict = client.send(client.server(flags, 1, 1, 0));
        EXPECT_EQ(verdict.action, Action::kForward);
        EXPECT_EQ(verdict.reason, Reason::kWithoutFlow);
    }
    EXPECT_EQ(box.table.size(), 0U);
}

// The route back changes in the midst of the connection, and back again.
TEST_P(OneSided, AServersSegmentsPassAndDoNotMakeTheBoxRelyOnThem) {
    establish();
    const auto in_connection = Reason::kInConnection;
    const auto established = State::kEstablished;
    play(client,
         std::array{
             server(kAck, 5000, 1, 1000, in_connection, established, established),
             defense::client(kAck, 1, 6000, 0, in_connection, established, established),
             // What this acknowledges went another way.
             defense::client(kAck, 1, 90'000, 100, in_connection, established, established),
             server(kAck | kFin, 90'000, 101, 0, Reason::kFinPassed, established, established),
             server(kRst, 90'001, 101, 0, Reason::kReset, established, established),
             defense::client(kAck, 101, 90'001, 100, in_connection, established, established),
         });
    EXPECT_TRUE(client.flow()->one_sided);
}

TEST_P(OneSided, AServerThatIsSeenProvesItsClient) {
    Box few{one_sided(Challenge::kOverBudget, 2)};
    Exchange seen{few, {.ipv6 = GetParam()}};
    ASSERT_EQ(seen.send(seen.syn()).reason, Reason::kSynWithinBudget);
    EXPECT_EQ(seen.send(seen.syn_ack()).reason, Reason::kSynAck);
    seen.expect_states(State::kSynSent, State::kSynReceived);
    EXPECT_EQ(few.service().credits_left(), 1U);
    EXPECT_EQ(seen.send(seen.client(kAck, 1, 2)).reason, Reason::kHandshakeUnproven)
        << "anybody can send that";
    EXPECT_EQ(few.service().credits_left(), 1U);

    Exchange other{few, {.client_port = 7, .ipv6 = GetParam()}};
    ASSERT_EQ(other.send(other.syn()).reason, Reason::kSynWithinBudget);
    other.send(other.syn_ack());
    EXPECT_EQ(other.send(other.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(few.service().credits_left(), 1U);
    EXPECT_EQ(other.flow()->life(), flow::Phase::kOpen);
    few.expect_consistent(2);
}

TEST_P(OneSided, AServerThatIsSeenMayRefuse) {
    admit(client);
    client.send(client.syn());
    EXPECT_EQ(client.send(client.server(kRst | kAck, 0, 2)).reason, Reason::kReset);
    ASSERT_NE(client.flow(), nullptr);
    EXPECT_EQ(client.send(client.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    EXPECT_EQ(client.flow(), nullptr);
}

TEST_P(OneSided, AClientsSynAckIsNoSegmentOfItsConnection) {
    admit(client);
    client.send(client.syn());
    EXPECT_EQ(client.send(client.client(kSyn | kAck, 0, 1)).reason, Reason::kSynAckUnacceptable);
    client.send(client.client(kAck, 1, 1));
    EXPECT_EQ(client.send(client.client(kSyn | kAck, 1, 1)).reason, Reason::kSynAckUnacceptable);
    client.expect_states(State::kEstablished, State::kEstablished);
}

TEST_P(OneSided, WithoutAChallengeNothingChangesForItsClients) {
    Box open{one_sided(Challenge::kNever)};
    Exchange any{open, {.ipv6 = GetParam()}};
    EXPECT_EQ(any.send(any.syn()).reason, Reason::kSynUnchallenged);
    EXPECT_EQ(any.send(any.client(kAck, 1, 1)).reason, Reason::kHandshakeUnproven);
    EXPECT_EQ(any.send(any.client(kAck, 1, 90'001, 50)).reason, Reason::kInConnection);
    open.table.erase(*any.flow());
    EXPECT_EQ(any.send(any.client(kAck, 51, 90'001, 50)).reason, Reason::kWithoutFlow);
}

TEST_P(OneSided, NoServerIsAskedWhatItOffers) {
    Policy policy = one_sided(Challenge::kAlways);
    policy.services[0].probe = true;
    Box asking{policy};
    Exchange any{asking, {.ipv6 = GetParam()}};
    admit(any);
    any.send(any.syn());
    any.send(any.client(kAck, 1, 1));
    EXPECT_TRUE(asking.defender.originations().empty());
}

}  // namespace
}  // namespace synward::defense
