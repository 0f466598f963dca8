// SPDX-License-Identifier: BSD-3-Clause
//
// Established connections, spliced and untouched alike: data, closes, resets, timeouts.
#include <gtest/gtest.h>

#include "exchange.h"
#include "support/case_name.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kRst, wire::kSyn;

constexpr auto kEst = State::kEstablished;

struct Transcript {
    const char* name;
    std::vector<Line> lines;
};
void PrintTo(const Transcript& transcript, std::ostream* out) {
    *out << transcript.name;
}

class Connection : public testing::TestWithParam<Transcript> {};

TEST_P(Connection, GoesAlikeSplicedOrNotOverIpv4AndIpv6AndAnyIsn) {
    for (const Manner manner : {Manner::kUntouched, Manner::kChallenged}) {
        for (const bool ipv6 : {false, true}) {
            for (const bool timestamps : {false, true}) {
                for (const std::uint32_t isn : {0x1000'0000U, 0xffff'ffffU, 0xffff'ff9cU}) {
                    Box box{manner == Manner::kUntouched ? Challenge::kOverBudget
                                                         : Challenge::kAlways};
                    Exchange exchange{box,
                                      {.manner = manner,
                                       .client_isn = isn,
                                       .server_isn = isn - 7,
                                       .timestamps = timestamps,
                                       .ipv6 = ipv6}};
                    exchange.establish();
                    play(exchange, GetParam().lines);
                    box.expect_consistent(64);
                    if (HasFailure()) {
                        return;
                    }
                }
            }
        }
    }
}

using R = Reason;

INSTANTIATE_TEST_SUITE_P(
    Rfc9293, Connection,
    testing::Values(
        Transcript{"DataBothWays",
                   {client(kAck | kPsh, 1, 1, 100, R::kInConnection, kEst, kEst),
                    server(kAck, 1, 101, 1400, R::kInConnection, kEst, kEst),
                    server(kAck, 1401, 101, 1400, R::kInConnection, kEst, kEst),
                    client(kAck, 101, 2801, 0, R::kInConnection, kEst, kEst),
                    client(kAck, 1, 1, 100, R::kInConnection, kEst, kEst),
                    client(kAck, 100, 2801, 1, R::kInConnection, kEst, kEst)}},
        Transcript{"Section3_6Figure12",
                   {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst),
                    server(kAck, 1, 2, 0, R::kInConnection, State::kFinWait2, State::kCloseWait),
                    server(kFinAck, 1, 2, 0, R::kFinPassed, State::kFinWait2, State::kLastAck),
                    client(kAck, 2, 2, 0, R::kInConnection, State::kTimeWait, State::kClosed)}},
        Transcript{"Section3_6Figure13",
                   {server(kFinAck, 1, 1, 0, R::kFinPassed, kEst, State::kFinWait1),
                    client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, State::kFinWait1),
                    server(kAck, 2, 2, 0, R::kInConnection, State::kFinWait2, State::kClosing),
                    client(kAck, 2, 2, 0, R::kInConnection, State::kTimeWait, State::kTimeWait)}},
        Transcript{"LastAckLost",
                   {server(kFinAck, 1, 1, 0, R::kFinPassed, kEst, State::kFinWait1),
                    client(kFinAck, 1, 2, 0, R::kFinPassed, State::kLastAck, State::kFinWait2),
                    server(kAck, 2, 2, 0, R::kInConnection, State::kClosed, State::kTimeWait),
                    client(kFinAck, 1, 2, 0, R::kFinPassed, State::kClosed, State::kTimeWait),
                    server(kAck, 2, 2, 0, R::kInConnection, State::kClosed, State::kTimeWait)}},
        Transcript{"OutsideTheWindowsSection3_10_7_4",
                   {client(kAck, 0x4000'0000, 1, 10, R::kSequenceOutOfWindow, kEst, kEst),
                    server(kAck, 0x4000'0000, 1, 10, R::kSequenceOutOfWindow, kEst, kEst),
                    client(kAck, 1, 2, 0, R::kAcknowledgmentUnsent, kEst, kEst),
                    server(kAck, 1, 2, 0, R::kAcknowledgmentUnsent, kEst, kEst),
                    client(kFinAck, 1, 2, 0, R::kAcknowledgmentUnsent, kEst, kEst),
                    client(kAck, 1, 1, 1, R::kInConnection, kEst, kEst)}}),
    test::CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Rfc5961, Connection,
    testing::Values(
        Transcript{"Section3ExactReset",
                   {client(kAck, 1, 1, 100, R::kInConnection, kEst, kEst),
                    client(kRst | kAck, 101, 1, 0, R::kReset, State::kClosed, State::kClosed),
                    server(kAck, 1, 101, 50, R::kInConnection, State::kClosed, State::kClosed),
                    client(kRst, 101, 0, 0, R::kReset, State::kClosed, State::kClosed)}},
        Transcript{"Section3ServersExactReset",
                   {server(kRst, 1, 0, 0, R::kReset, State::kClosed, State::kClosed)}},
        Transcript{"Section3ChallengeAck",
                   {client(kRst, 500, 0, 0, R::kReset, kEst, kEst),
                    server(kAck, 1, 1, 0, R::kInConnection, kEst, kEst),
                    client(kAck, 1, 1, 10, R::kInConnection, kEst, kEst)}},
        Transcript{"Section3ResetOutsideTheWindow",
                   {client(kRst, 0x4000'0000, 0, 0, R::kResetOutOfWindow, kEst, kEst),
                    server(kRst, 0xc000'0000, 0, 0, R::kResetOutOfWindow, kEst, kEst)}},
        Transcript{"Section5AckTooOld",
                   {client(kAck, 1, 0xf000'0000, 10, R::kAcknowledgmentUnsent, kEst, kEst),
                    server(kAck, 1, 0xf000'0000, 10, R::kAcknowledgmentUnsent, kEst, kEst)}}),
    test::CaseName{});

class Life : public testing::TestWithParam<Manner> {
  protected:
    void SetUp() override { exchange.establish(); }
    /// How long the flow stays when nothing more comes.
    seconds stays() {
        for (seconds passed{0};; passed += seconds{1}) {
            box.expire();
            if (exchange.flow() == nullptr) {
                return passed;
            }
            box.advance(seconds{1});
        }
    }
    static void expect_about(seconds actual, tcp::Duration expected) {
        EXPECT_GE(actual, expected);
        EXPECT_LE(actual, expected + seconds{2});
    }

    Box box{GetParam() == Manner::kUntouched ? Challenge::kOverBudget : Challenge::kAlways};
    Exchange exchange{box, {.manner = GetParam()}};
    const Timeouts& timeouts = box.policy.timeouts;
};

INSTANTIATE_TEST_SUITE_P(, Life, testing::Values(Manner::kUntouched, Manner::kChallenged));

TEST_P(Life, LastsTwoHoursAndFourMinutesInSilenceRfc5382Req5) {
    expect_about(stays(), seconds{7440});
}

TEST_P(Life, IsBegunAnewByEachSegmentThatBelongs) {
    box.advance(seconds{7000});
    exchange.send(exchange.server(kAck, 0, 1));  // a keep-alive
    expect_about(stays(), timeouts.established);
}

TEST_P(Life, IsNotProlongedByWhatIsDropped) {
    box.advance(seconds{7000});
    exchange.send(exchange.server(kAck, 0x4000'0000, 1));
    exchange.send(exchange.client(kAck, 1, 99));
    expect_about(stays(), timeouts.established - seconds{7000});
}

TEST_P(Life, OfAHalfClosedConnection) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kAck, 1, 2));
    expect_about(stays(), timeouts.half_closed);
}

TEST_P(Life, OfOneWhoseLastAckIsMissing) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    expect_about(stays(), timeouts.closing);
}

TEST_P(Life, OfTimeWait) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    exchange.send(exchange.client(kAck, 2, 2));
    expect_about(stays(), timeouts.time_wait);
}

TEST_P(Life, OfTimeWaitIsNotShortenedByAResetRfc1337) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    exchange.send(exchange.client(kAck, 2, 2));
    EXPECT_EQ(exchange.send(exchange.server(kRst, 2)).reason, Reason::kReset);
    exchange.expect_states(State::kTimeWait, State::kClosed);
    expect_about(stays(), timeouts.time_wait);
}

TEST_P(Life, OfTimeWaitIsNotProlongedByAResetBesideTheExactNumber) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 2));
    exchange.send(exchange.client(kAck, 2, 2));
    exchange.send(exchange.client(kRst, 1));
    expect_about(stays(), timeouts.time_wait);
}

TEST_P(Life, OfAConnectionThatWasReset) {
    exchange.send(exchange.client(kRst, 1));
    expect_about(stays(), timeouts.half_open);
}

TEST_P(Life, AfterAResetInTheWindowUntilTheChallengeAckComes) {
    exchange.send(exchange.client(kRst, 9));
    expect_about(stays(), timeouts.closing);
}

TEST_P(Life, AfterAChallengeAckIsThatOfBeforeRfc5961Section3) {
    exchange.send(exchange.client(kRst, 9));
    exchange.send(exchange.server(kAck, 1, 1));
    expect_about(stays(), timeouts.established);
}

TEST_P(Life, IsNotMovedByDamagedSynFinOrRst) {
    for (const unsigned flags : {0U + kSyn, kFinAck, 0U + kRst, 0U + kSyn + kAck}) {
        for (Sent sent : {exchange.client(flags, 1, 1), exchange.server(flags, 1, 1)}) {
            sent.damaged = true;
            EXPECT_EQ(exchange.send(sent).reason, Reason::kTcpChecksum);
        }
    }
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_P(Life, LeavesDamagedDataToItsReceiver) {
    Sent data = exchange.client(kAck, 1, 1, 10);
    data.damaged = true;
    EXPECT_EQ(exchange.send(data).reason, Reason::kInConnection);
}

TEST_P(Life, PassesARetransmittedSynAck) {
    // The last ACK of the handshake was lost behind the box.
    const Verdict verdict = exchange.send(exchange.syn_ack());
    EXPECT_EQ(verdict.reason, Reason::kSynAck);
    EXPECT_EQ(verdict.action, exchange.passes());
}

TEST_P(Life, IsNotEndedByALateDuplicateOfItsOwnSynRfc9293Section3_6_1) {
    exchange.send(exchange.client(kFinAck, 1, 1));
    exchange.send(exchange.server(kFinAck, 1, 1));
    exchange.send(exchange.client(kAck, 2, 2));
    exchange.expect_states(State::kClosing, State::kFinWait2);
    exchange.send(exchange.syn());
    exchange.expect_states(State::kClosing, State::kFinWait2);
    EXPECT_EQ(exchange.send(exchange.server(kFinAck, 1, 2)).reason, Reason::kFinPassed);
}

TEST_P(Life, RefusesASynAckFromOutside) {
    EXPECT_EQ(exchange.send(exchange.client(kSyn | kAck, 0x2000'0000, 1)).reason,
              Reason::kSynAckUnacceptable);
}

TEST(SplicedConnection, IsTranslatedByWhatLiesBetweenItsTwoNumberings) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged, .server_scale = 5}};
    const Verdict challenge = exchange.challenge();
    ASSERT_TRUE(challenge.options.timestamps);
    exchange.send(exchange.client(kAck, 1, 1));
    exchange.send(exchange.syn_ack());
    const Verdict verdict = exchange.send(exchange.client(kAck, 1, 1, 10));
    const tcp::Translation& translation = verdict.translation;
    EXPECT_EQ(translation.sequence_delta, exchange.shown_isn() - 0x7000'0000U);
    EXPECT_EQ(translation.timestamp_delta, challenge.options.timestamps->value - 500'000U);
    EXPECT_EQ(translation.client_scale, 7);
    EXPECT_EQ(translation.server_scale, 5);
    EXPECT_EQ(translation.promised_scale, 7);
    EXPECT_TRUE(translation.timestamps);
    EXPECT_FALSE(translation.strip_timestamps);
    EXPECT_FALSE(translation.strip_sack);
}

}  // namespace
}  // namespace synward::defense
