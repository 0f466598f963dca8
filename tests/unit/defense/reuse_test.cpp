// SPDX-License-Identifier: BSD-3-Clause
//
// A SYN on the ports of a connection that the box still knows: RFC 9293 section 3.6.1, RFC 6191,
// RFC 5961 section 4.
#include <gtest/gtest.h>

#include "exchange.h"
#include "support/case_name.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

using R = Reason;
constexpr auto kEst = State::kEstablished;

struct End {
    const char* name;
    std::vector<Line> lines;  ///< what brings an established connection there
    bool may_be_reused;
};
void PrintTo(const End& end, std::ostream* out) {
    *out << end.name;
}

const std::vector<End> kEnds{
    {"Established", {}, false},
    {"ClientInFinWait1", {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst)}, false},
    {"ClientInFinWait2",
     {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst),
      server(kAck, 1, 2, 0, R::kInConnection, State::kFinWait2, State::kCloseWait)},
     false},
    {"ClientInCloseWait",
     {server(kFinAck, 1, 1, 0, R::kFinPassed, kEst, State::kFinWait1),
      client(kAck, 1, 2, 0, R::kInConnection, State::kCloseWait, State::kFinWait2)},
     false},
    {"ClientInLastAck",
     {server(kFinAck, 1, 1, 0, R::kFinPassed, kEst, State::kFinWait1),
      client(kFinAck, 1, 2, 0, R::kFinPassed, State::kLastAck, State::kFinWait2)},
     true},
    {"ClientInClosing",
     {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst),
      server(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, State::kFinWait1),
      client(kAck, 2, 2, 0, R::kInConnection, State::kClosing, State::kFinWait2)},
     true},
    {"ServerInLastAck",
     {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst),
      server(kFinAck, 1, 2, 0, R::kFinPassed, State::kFinWait2, State::kLastAck)},
     true},
    {"ClientInTimeWait",
     {client(kFinAck, 1, 1, 0, R::kFinPassed, State::kFinWait1, kEst),
      server(kFinAck, 1, 2, 0, R::kFinPassed, State::kFinWait2, State::kLastAck),
      client(kAck, 2, 2, 0, R::kInConnection, State::kTimeWait, State::kClosed)},
     true},
    {"ServerInTimeWait",
     {server(kFinAck, 1, 1, 0, R::kFinPassed, kEst, State::kFinWait1),
      client(kFinAck, 1, 2, 0, R::kFinPassed, State::kLastAck, State::kFinWait2),
      server(kAck, 2, 2, 0, R::kInConnection, State::kClosed, State::kTimeWait)},
     true},
    {"ResetByClient", {client(kRst, 1, 0, 0, R::kReset, State::kClosed, State::kClosed)}, true},
    {"ResetByServer", {server(kRst, 1, 0, 0, R::kReset, State::kClosed, State::kClosed)}, true},
};

class Reuse : public testing::TestWithParam<End> {
  protected:
    /// An old connection in its end state, and the box to it.
    struct Scene {
        Box box;
        Exchange old;
        Exchange anew;

        Scene(Challenge mode, Manner manner, std::uint32_t isn_step, bool timestamps = true)
            : box{mode},
              old{box, {.manner = manner, .timestamps = timestamps}},
              anew{box,
                   {.manner = mode == Challenge::kAlways ? Manner::kChallenged : Manner::kUntouched,
                    .client_isn = 0x1000'0000 + isn_step,
                    .server_isn = 0x7123'4567,
                    .timestamps = timestamps}} {
            old.establish();
            play(old, GetParam().lines);
        }
    };
    /// Behind the old connection's last number, near and far, and before it.
    static constexpr std::uint32_t kIsnSteps[]{2,         3,           64,         20'000,
                                               1'000'000, 0x6000'0000, 0x9000'0000};
};

INSTANTIATE_TEST_SUITE_P(, Reuse, testing::ValuesIn(kEnds), test::CaseName{});

TEST_P(Reuse, ConnectsThroughAChallenge) {
    for (const std::uint32_t step : kIsnSteps) {
        for (const bool timestamps : {true, false}) {
            Scene scene{Challenge::kAlways, Manner::kChallenged, step, timestamps};
            if (!timestamps && !has_sent_fin(scene.old.flow()->state(Side::kOutside))) {
                continue;  // cookies without timestamps lie near each other: see below
            }
            const Verdict challenge = scene.anew.challenge();
            ASSERT_EQ(challenge.action, Action::kAnswerSyn);
            ASSERT_NE(scene.old.flow(), nullptr) << "the old one lives on until the cookie returns";
            ASSERT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1)).action, Action::kConnectServer)
                << step << ' ' << timestamps;
            ASSERT_EQ(scene.anew.send(scene.anew.syn_ack()).action, Action::kJoin);
            scene.anew.expect_states(kEst, kEst);
            ASSERT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1, 10)).action, Action::kSplice);
            scene.box.expect_consistent(64);
        }
    }
}

TEST_P(Reuse, ConnectsThroughAChallengeThatIsRedeemedByData) {
    Scene scene{Challenge::kAlways, Manner::kChallenged, 300'000};
    scene.anew.challenge();
    const Verdict verdict = scene.anew.send(scene.anew.client(kAck, 1, 1, 500));
    ASSERT_EQ(verdict.action, Action::kConnectServer);
    EXPECT_EQ(verdict.reason, Reason::kAwaitingServer);
}

/// Without timestamps a cookie lies within 2^24 of the client's last one, so the segment that
/// redeems it may look like one of a connection whose client has not sent its FIN. Where that one
/// began elsewhere, it cannot.
TEST_P(Reuse, ConnectsThroughAChallengeWithoutTimestampsOutsideTheOldWindow) {
    for (const std::uint32_t step : {1'000'000U, 0x6000'0000U, 0x9000'0000U}) {
        Scene scene{Challenge::kAlways, Manner::kChallenged, step, false};
        scene.anew.challenge();
        EXPECT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1)).action, Action::kConnectServer);
    }
}

TEST_P(Reuse, ConnectsWithinTheBudgetWhereTheServerAcceptsTheSyn) {
    Scene scene{Challenge::kOverBudget, Manner::kUntouched, 300'000};
    EXPECT_EQ(scene.anew.send(scene.anew.syn()).reason,
              GetParam().may_be_reused ? Reason::kSynWithinBudget : Reason::kSynOnLiveFlow);
    EXPECT_EQ(scene.anew.send(scene.anew.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    scene.anew.expect_states(kEst, kEst);
    EXPECT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
    scene.box.expect_consistent(64);
}

TEST_P(Reuse, ConnectsAfterTheServerWasResetRfc9293Section3_5_1Figure10) {
    Scene scene{Challenge::kOverBudget, Manner::kUntouched, 300'000};
    const std::uint32_t old_next = scene.old.flow()->next_of(Side::kOutside).value() - 0x1000'0000;
    scene.anew.send(scene.anew.syn());
    // Line 4: the server, which knows the old connection, answers for it.
    Sent ack = scene.old.server(kAck, 1, old_next);
    ack.sequence = 0x7000'0001;
    EXPECT_EQ(scene.old.send(ack).action, Action::kForward);
    // Lines 5 and 6: the client's RST, and the SYN again.
    EXPECT_EQ(scene.old.send(scene.old.client(kRst, old_next)).reason, Reason::kReset);
    EXPECT_EQ(scene.anew.send(scene.anew.syn()).action, Action::kForward);
    EXPECT_EQ(scene.anew.send(scene.anew.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    scene.box.expect_consistent(64);
}

TEST_P(Reuse, IsChallengedOverBudgetOnlyWhereTheOldConnectionMayHaveEnded) {
    Box box{Challenge::kOverBudget, 1};
    Exchange old{box};
    old.establish();
    play(old, GetParam().lines);
    Exchange other{box, {.client_port = 7}};
    other.send(other.syn());  // spends the budget
    Exchange anew{box, {.client_isn = 0x1004'0000}};
    EXPECT_EQ(anew.send(anew.syn()).reason,
              GetParam().may_be_reused ? Reason::kSynChallenged : Reason::kSynOnLiveFlow);
}

TEST_P(Reuse, FromInsideIsForTheServerToDecide) {
    Scene scene{Challenge::kAlways, Manner::kChallenged, 300'000};
    Sent syn = scene.old.server(kSyn, 300'000);
    syn.acknowledgment = 0;
    EXPECT_EQ(scene.old.send(syn).action, Action::kForward);
}

/// The network may deliver the segment that redeemed a cookie twice, the second time late.
TEST_P(Reuse, IsNotWhatALateDuplicateOfTheThirdSegmentAsksFor) {
    for (const bool timestamps : {true, false}) {
        Scene scene{Challenge::kAlways, Manner::kChallenged, 300'000, timestamps};
        const Verdict verdict = scene.old.send(scene.old.client(kAck, 1, 1));
        EXPECT_NE(verdict.action, Action::kConnectServer);
        EXPECT_EQ(scene.box.connecting.in_use(), 0U);
    }
}

/// A client that closed last may use its ports again at once, while its FIN is on its way once
/// more: that has the numbers of the first connection, whose cookie is good still.
TEST_P(Reuse, IsNotWhatALateFinOfTheConnectionBeforeAsksForRfc9293Section3_4_1) {
    for (const bool timestamps : {true, false}) {
        Scene scene{Challenge::kAlways, Manner::kChallenged, 20'000'000, timestamps};
        const Sent late = scene.old.client(kFinAck, 1, 1);
        scene.anew.challenge();
        ASSERT_EQ(scene.anew.send(scene.anew.client(kAck, 1, 1)).action, Action::kConnectServer);
        EXPECT_EQ(scene.anew.send(late).action, Action::kDrop) << "while it connects";
        ASSERT_EQ(scene.anew.send(scene.anew.syn_ack()).action, Action::kJoin);
        EXPECT_NE(scene.anew.send(late).action, Action::kConnectServer) << "once it is open";
        scene.anew.expect_states(kEst, kEst);
        scene.box.expect_consistent(64);
    }
}

TEST(LateDuplicate, OfTheThirdSegmentDoesNotHarmALiveConnection) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    exchange.send(exchange.client(kAck, 1, 1, 100));
    for (std::uint32_t sent = 1; sent < 10'000'000; sent += 50'000) {
        ASSERT_EQ(exchange.send(exchange.server(kAck, sent, 101, 50'000)).action, Action::kSplice);
        ASSERT_EQ(exchange.send(exchange.client(kAck, 101, sent + 50'000)).action, Action::kSplice);
    }
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kDrop);
    exchange.expect_states(kEst, kEst);
}

}  // namespace
}  // namespace synward::defense
