// SPDX-License-Identifier: BSD-3-Clause
//
// What the box learns from servers while it challenges their clients.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst;

class Learned : public testing::Test {
  protected:
    std::uint8_t promised_scale() {
        const Exchange::Style style{.manner = Manner::kChallenged, .client_port = next_port_++};
        Exchange client{box, style};
        return client.challenge().options.window_scale.value_or(tcp::kNoWindowScale);
    }
    Verdict syn(unsigned client_port) {
        return Exchange{box, {.client_port = client_port}}.challenge();
    }
    /// A client redeems its cookie, and the server refuses it.
    void refuse(unsigned client_port) {
        Exchange client{box, {.manner = Manner::kChallenged, .client_port = client_port}};
        ASSERT_EQ(client.redeem().action, Action::kConnectServer);
        ASSERT_EQ(client.send(client.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    }

    Box box{Challenge::kAlways};
    unsigned next_port_ = 20'000;
};

TEST_F(Learned, ScaleIsPromisedToTheSecondClientAlready) {
    EXPECT_EQ(promised_scale(), 7);
    Exchange first{box, {.manner = Manner::kChallenged, .server_scale = 9}};
    first.establish();
    EXPECT_EQ(promised_scale(), 9);
}

TEST_F(Learned, NewsDoNotEndTheLifeOfYoungCookies) {
    box.advance(box.policy.cookie_key_lifetime);
    Exchange early{box, {.manner = Manner::kChallenged, .client_port = 1}};
    early.challenge();  // of the epoch before the one in which the server is first heard
    box.advance(box.policy.cookie_key_lifetime);
    Exchange first{box, {.manner = Manner::kChallenged, .client_port = 2, .server_scale = 9}};
    first.establish();
    box.advance(seconds{1});
    EXPECT_EQ(promised_scale(), 7);
    EXPECT_EQ(early.send(early.client(kAck, 1, 1)).action, Action::kConnectServer);
    box.advance(seconds{3});
    EXPECT_EQ(promised_scale(), 9);
}

TEST_F(Learned, ChangingServersDoNotHurryTheKeys) {
    Exchange first{box, {.manner = Manner::kChallenged, .client_port = 1, .server_scale = 9}};
    first.establish();
    EXPECT_EQ(promised_scale(), 9);
    Exchange second{box, {.manner = Manner::kChallenged, .client_port = 2, .server_scale = 3}};
    second.establish();
    box.advance(seconds{10});
    EXPECT_EQ(promised_scale(), 9);
    box.advance(box.policy.cookie_key_lifetime);
    EXPECT_EQ(promised_scale(), 3);
}

TEST_F(Learned, ClosedPortLooksClosedForAWhile) {
    EXPECT_EQ(syn(1).action, Action::kAnswerSyn);
    refuse(2);
    const Verdict verdict = syn(3);
    EXPECT_EQ(verdict.action, Action::kAnswerRefused);
    EXPECT_EQ(verdict.reason, Reason::kSynRefused);
    EXPECT_EQ(verdict.acknowledgment, wire::SequenceNumber{0x1000'0001});
    box.advance(RefusedPorts::kMemory - milliseconds{1});
    EXPECT_EQ(syn(4).action, Action::kAnswerRefused);
    box.advance(milliseconds{1});
    EXPECT_EQ(syn(5).action, Action::kAnswerSyn);
}

TEST_F(Learned, PortIsOpenAgainOnceItsServerAnswers) {
    Exchange waiting{box, {.manner = Manner::kChallenged, .client_port = 1}};
    ASSERT_EQ(waiting.redeem().action, Action::kConnectServer);
    refuse(2);
    ASSERT_EQ(waiting.send(waiting.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(syn(3).action, Action::kAnswerSyn);
}

}  // namespace
}  // namespace synward::defense
