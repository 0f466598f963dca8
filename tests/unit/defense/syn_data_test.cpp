// SPDX-License-Identifier: BSD-3-Clause
//
// Data on SYNs (RFC 9293 section 3.4), fast opens (RFC 7413), and SYNs that are signed (RFC 2385,
// RFC 5925).
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kSyn;

Policy policy_with(Challenge challenge, SynData rule, std::uint32_t budget = 64) {
    Policy policy = one_service(challenge, budget);
    policy.services[0].syn_data = rule;
    return policy;
}
Sent syn_with_data(const Exchange& exchange, std::size_t length = 100) {
    Sent syn = exchange.syn();
    syn.length = length;
    return syn;
}

TEST(SynData, UnchallengedGetsWhatThePolicySays) {
    for (const Challenge challenge : {Challenge::kOverBudget, Challenge::kNever}) {
        const Reason passed =
            challenge == Challenge::kNever ? Reason::kSynUnchallenged : Reason::kSynWithinBudget;
        Box forwards{policy_with(challenge, SynData::kForward)};
        Exchange forwarded{forwards};
        const Verdict verdict = forwarded.send(syn_with_data(forwarded));
        EXPECT_EQ(verdict.action, Action::kForward);
        EXPECT_EQ(verdict.reason, passed);

        Box strips{policy_with(challenge, SynData::kStrip)};
        Exchange stripped{strips};
        for (const Reason reason : {passed, Reason::kSynRetransmitted}) {
            const Verdict bare = stripped.send(syn_with_data(stripped));
            EXPECT_EQ(bare.action, Action::kForwardWithoutData);
            EXPECT_EQ(bare.reason, reason);
        }

        Box drops{policy_with(challenge, SynData::kDrop)};
        Exchange dropped{drops};
        EXPECT_EQ(dropped.send(syn_with_data(dropped)).reason, Reason::kSynData);
        EXPECT_EQ(drops.table.size(), 0U);
        // The client sends its SYN again without data (RFC 7413 section 4.1.3).
        EXPECT_EQ(dropped.send(dropped.syn()).action, Action::kForward);
    }
}

TEST(SynData, TheServerOfAStrippedSynAcknowledgesTheSynAlone) {
    Box box{policy_with(Challenge::kOverBudget, SynData::kStrip)};
    Exchange exchange{box};
    exchange.send(syn_with_data(exchange));
    EXPECT_EQ(exchange.flow()->next_of(Side::kOutside).value(), 0x1000'0001U);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck | kPsh, 1, 1, 100)).reason,
              Reason::kHandshakeCompleted);
}

TEST(SynData, IsStrippedOfADamagedSynByNobody) {
    Box box{policy_with(Challenge::kOverBudget, SynData::kStrip)};
    Exchange exchange{box};
    Sent damaged = syn_with_data(exchange);
    damaged.damaged = true;
    EXPECT_EQ(exchange.send(damaged).reason, Reason::kTcpChecksum);
}

TEST(SynData, ChallengedIsNeverAcknowledged) {
    for (const SynData rule : {SynData::kForward, SynData::kStrip}) {
        Box box{policy_with(Challenge::kAlways, rule)};
        Exchange exchange{box};
        const Verdict verdict = exchange.send(syn_with_data(exchange));
        EXPECT_EQ(verdict.action, Action::kAnswerSyn);
        EXPECT_EQ(verdict.acknowledgment.value(), 0x1000'0001U);
    }
    Box drops{policy_with(Challenge::kAlways, SynData::kDrop)};
    Exchange dropped{drops};
    EXPECT_EQ(dropped.send(syn_with_data(dropped)).reason, Reason::kSynData);
}

TEST(SynData, MonitoredPasses) {
    for (const SynData rule : {SynData::kStrip, SynData::kDrop}) {
        Box box{policy_with(Challenge::kMonitor, rule)};
        Exchange exchange{box};
        EXPECT_EQ(exchange.send(syn_with_data(exchange)).action, Action::kForward);
        EXPECT_NE(exchange.flow(), nullptr);
    }
}

/// A server that has accepted the SYN's data sends before the third segment.
class FastOpen : public testing::Test {
  protected:
    void SetUp() override {
        exchange.send(syn_with_data(exchange));
        Sent syn_ack = exchange.syn_ack();
        syn_ack.acknowledgment += 100;
        ASSERT_EQ(exchange.send(syn_ack).reason, Reason::kSynAck);
    }
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
};

TEST_F(FastOpen, ThirdSegmentAcknowledgesAnyPartOfTheServersData) {
    ASSERT_EQ(exchange.send(exchange.server(kAck, 1, 101, 1'000)).reason, Reason::kInConnection);
    ASSERT_EQ(exchange.send(exchange.server(kAck, 1'001, 101, 500)).reason, Reason::kInConnection);
    for (const std::uint32_t refused : {1'502U, 0x4000'0000U, 0xff00'0000U}) {
        EXPECT_EQ(exchange.send(exchange.client(kAck, 101, refused)).action, Action::kDrop);
    }
    EXPECT_EQ(exchange.send(exchange.client(kAck, 101, 1'001)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 101, 1'501)).reason, Reason::kInConnection);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1'501, 101, 10)).reason, Reason::kInConnection);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_F(FastOpen, SynAckAgainBehindItsData) {
    ASSERT_EQ(exchange.send(exchange.server(kAck, 1, 101, 1'000)).reason, Reason::kInConnection);
    Sent again = exchange.syn_ack();
    again.acknowledgment += 100;
    ASSERT_EQ(exchange.send(again).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 101, 1'001)).reason, Reason::kHandshakeCompleted);
}

TEST_F(FastOpen, ServerThatAnswersAndCloses) {
    ASSERT_EQ(exchange.send(exchange.server(kAck | kFin, 1, 101, 1'000)).reason,
              Reason::kFinPassed);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 101, 1'002)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(exchange.send(exchange.client(kAck | kFin, 101, 1'002)).reason, Reason::kFinPassed);
}

TEST_F(FastOpen, WithoutDataOfTheServerTheThirdSegmentAcknowledgesTheSynAckExactly) {
    for (const std::uint32_t acknowledgment : {0U, 2U, 0xffff'ff00U}) {
        EXPECT_EQ(exchange.send(exchange.client(kAck, 101, acknowledgment)).action, Action::kDrop);
    }
    EXPECT_EQ(exchange.send(exchange.client(kAck, 101, 1)).reason, Reason::kHandshakeCompleted);
}

struct SignatureCase {
    const char* name;
    test::Bytes options;
};
const SignatureCase kSignatures[] = {
    {"Md5", {19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 1}},
    {"Ao", {29, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}},
};

TEST(SignedSyn, IsNeverChallenged) {
    for (const SignatureCase& signature : kSignatures) {
        SCOPED_TRACE(signature.name);
        for (const Method method : {Method::kCookie, Method::kReset}) {
            Policy policy = one_service(Challenge::kAlways);
            policy.services[0].method = method;
            Box always{policy};
            Exchange exchange{always};
            Sent syn = exchange.syn();
            syn.options = signature.options;
            EXPECT_EQ(exchange.send(syn).reason, Reason::kSynSigned);
            EXPECT_EQ(always.table.size(), 0U);
        }
    }
}

TEST(SignedSyn, TakesACreditWhileThereIsOne) {
    for (const SignatureCase& signature : kSignatures) {
        SCOPED_TRACE(signature.name);
        Box box{Challenge::kOverBudget, 1};
        for (const unsigned port : {1U, 2U}) {
            Exchange exchange{box, {.client_port = port}};
            Sent syn = exchange.syn();
            syn.options = signature.options;
            EXPECT_EQ(exchange.send(syn).reason,
                      port == 1 ? Reason::kSynWithinBudget : Reason::kSynSigned);
        }
    }
}

TEST(SignedSyn, PassesWholeWhereDataIsStripped) {
    Box box{policy_with(Challenge::kOverBudget, SynData::kStrip)};
    Exchange exchange{box};
    Sent syn = syn_with_data(exchange);
    syn.options = kSignatures[0].options;
    EXPECT_EQ(exchange.send(syn).action, Action::kForward);
}

// RFC 9293 MUST-6, RFC 7413, RFC 8684 section 3.7, RFC 7609, RFC 5482: what the box does not agree
// to is not in its answer, and the client does without.
TEST(OtherOptions, AreNotReflectedByAChallenge) {
    const test::Bytes mss{2, 4, 5, 180};
    for (const test::Bytes& other :
         {test::Bytes{34, 2, 1, 1}, test::Bytes{34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1},
          test::Bytes{30, 4, 1, 1}, test::Bytes{30, 12, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9},
          test::Bytes{254, 6, 0xe2, 0xd4, 0xc3, 0xd9, 1, 1}, test::Bytes{28, 4, 0x80, 10}}) {
        Box box{Challenge::kAlways};
        Exchange exchange{box};
        Sent syn = exchange.syn();
        syn.options = mss;
        syn.options.insert(syn.options.end(), other.begin(), other.end());
        const Verdict verdict = exchange.send(syn);
        EXPECT_EQ(verdict.action, Action::kAnswerSyn);
        EXPECT_EQ(verdict.options, (wire::HandshakeOptions{.mss = verdict.options.mss}));
    }
}

}  // namespace
}  // namespace synward::defense
