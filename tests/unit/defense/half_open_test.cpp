// SPDX-License-Identifier: BSD-3-Clause
//
// Handshakes out of the ordinary: simultaneous opens, segments that overtake the SYN-ACK, and old
// duplicates. Most were found by the reference model (tests/model).
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;

class HalfOpen : public testing::Test {
  protected:
    Sent server_syn() const {
        Sent sent = exchange.server(kSyn, 0);
        sent.acknowledgment = 0;
        sent.options = syn_options(true).bytes();
        return sent;
    }
    Sent client_syn_ack() const {
        Sent sent = exchange.client(kSyn | kAck, 0, 1);
        sent.options = syn_options(true).bytes();
        return sent;
    }
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
};

TEST_F(HalfOpen, SimultaneousOpenRfc9293Section3_5Figure7) {
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynWithinBudget);
    EXPECT_EQ(exchange.send(server_syn()).reason, Reason::kSynFromInside);
    exchange.expect_states(State::kSynSent, State::kSynSent);
    EXPECT_EQ(exchange.send(client_syn_ack()).reason, Reason::kSynAck);
    exchange.expect_states(State::kSynReceived, State::kSynSent);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    exchange.expect_states(State::kSynReceived, State::kSynReceived);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 1, 100)).reason, Reason::kInConnection);
}

TEST_F(HalfOpen, SimultaneousOpenThatTheServerBeginsAndCompletes) {
    EXPECT_EQ(exchange.send(server_syn()).reason, Reason::kSynFromInside);
    EXPECT_EQ(exchange.send(exchange.syn()).action, Action::kForward);
    exchange.expect_states(State::kSynSent, State::kSynSent);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(client_syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_F(HalfOpen, OpenersSynAckMustAnswerTheOthersSyn) {
    exchange.send(exchange.syn());
    EXPECT_EQ(exchange.send(client_syn_ack()).reason, Reason::kSynAckUnacceptable)
        << "the server has not opened";
    exchange.send(server_syn());
    Sent blind = client_syn_ack();
    blind.acknowledgment += 1;
    EXPECT_EQ(exchange.send(blind).reason, Reason::kSynAckUnacceptable);
    exchange.expect_states(State::kSynSent, State::kSynSent);
}

TEST_F(HalfOpen, ResetOfASimultaneousOpenCountsAtItsExactNumber) {
    exchange.send(server_syn());
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    EXPECT_EQ(exchange.send(exchange.client(kRst, 2)).action, Action::kDrop);
    EXPECT_EQ(exchange.send(exchange.client(kRst, 1)).reason, Reason::kReset);
    EXPECT_EQ(exchange.flow(), nullptr);
}

TEST_F(HalfOpen, FastOpenDataMayBeLostOrOvertakeEachOther) {
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    ASSERT_EQ(exchange.send(exchange.server(kAck, 1'001, 1, 500)).reason, Reason::kInConnection);
    ASSERT_EQ(exchange.send(exchange.server(kAck, 1, 1, 1'000)).action, Action::kForward);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1'501)).reason, Reason::kHandshakeCompleted)
        << "RFC 7413 section 3";
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_F(HalfOpen, FinBeforeTheHandshakeIsCompleteTellsAScaledWindow) {
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    Sent fin = exchange.server(kAck | kFin, 1, 1);
    fin.window = 0xffff;
    ASSERT_EQ(exchange.send(fin).reason, Reason::kFinPassed);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 2)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1 + 0xffff * 256, 2, 100)).reason,
              Reason::kInConnection);
}

TEST_F(HalfOpen, OldSynAckDoesNotEndAnOpenConnection) {
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    exchange.send(exchange.client(kAck, 1, 1));
    Sent old = exchange.syn_ack();
    old.sequence -= 0x0100'0000;
    old.acknowledgment -= 0x0100'0000;
    EXPECT_EQ(exchange.send(old).reason, Reason::kSynAckUnacceptable);
    exchange.expect_states(State::kEstablished, State::kEstablished);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 10)).reason, Reason::kInConnection);
}

TEST_F(HalfOpen, OldSynDoesNotEndAClosingConnection) {
    exchange.send(exchange.syn());
    exchange.send(exchange.syn_ack());
    exchange.send(exchange.client(kAck, 1, 1));
    exchange.send(exchange.server(kAck | kFin, 1, 1));
    exchange.send(exchange.client(kAck | kFin, 1, 2));
    Sent old = exchange.syn();
    old.sequence -= 0x0300'0000;
    EXPECT_EQ(exchange.send(old).reason, Reason::kSynOnLiveFlow);
    EXPECT_EQ(exchange.send(exchange.server(kAck, 2, 2)).reason, Reason::kInConnection);
    // Where the server takes it up, the connection begins anew.
    Sent answer = exchange.syn_ack();
    answer.sequence += 0x0100'0000;
    answer.acknowledgment = old.sequence + 1;
    EXPECT_EQ(exchange.send(answer).reason, Reason::kSynAck);
    exchange.expect_states(State::kSynSent, State::kSynReceived);
}

}  // namespace
}  // namespace synward::defense
