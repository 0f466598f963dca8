// SPDX-License-Identifier: BSD-3-Clause
//
// A challenged service's port that is closed looks closed, and one that opens is open at once.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst, wire::kSyn;

class ClosedPort : public testing::TestWithParam<bool> {
  protected:
    Exchange client(unsigned port) {
        return Exchange{box,
                        {.manner = Manner::kChallenged, .client_port = port, .ipv6 = GetParam()}};
    }
    /// The verdict on the SYN of another client.
    Verdict syn() {
        Exchange next = client(next_port_++);
        return next.send(next.syn());
    }
    /// A client redeems its cookie, and the server refuses it.
    void refuse() {
        Exchange first = client(next_port_++);
        ASSERT_EQ(first.redeem().action, Action::kConnectServer);
        ASSERT_EQ(first.send(first.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    }
    Box box{Challenge::kAlways};
    unsigned next_port_ = 1000;
};

INSTANTIATE_TEST_SUITE_P(, ClosedPort, testing::Values(false, true), [](const auto& ipv6) {
    return std::string{ipv6.param ? "Ipv6" : "Ipv4"};
});

TEST_P(ClosedPort, LooksClosedForMinutes) {
    EXPECT_EQ(syn().action, Action::kAnswerSyn);
    refuse();
    for (unsigned scan = 0; scan < 50; ++scan) {
        EXPECT_EQ(syn().reason, Reason::kSynRefused);
        box.advance(scan % 2 == 0 ? RefusedPorts::kFresh : seconds{100});
        Exchange asking = client(next_port_++);
        ASSERT_EQ(asking.send(asking.syn()).reason, Reason::kSynAsks) << "untouched";
        ASSERT_EQ(asking.send(asking.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused)
            << "the server's own word";
        ASSERT_EQ(box.table.size(), 0U);
    }
}

TEST_P(ClosedPort, ThatOpensIsOpenToTheNextClientAtOnce) {
    refuse();
    box.advance(RefusedPorts::kFresh);
    Exchange asking = client(1);
    ASSERT_EQ(asking.send(asking.syn()).reason, Reason::kSynAsks);
    ASSERT_EQ(asking.send(asking.syn_ack()).reason, Reason::kSynAck);
    EXPECT_EQ(syn().reason, Reason::kSynChallenged) << "from now on as ever";
    box.advance(seconds{10});
    EXPECT_EQ(syn().reason, Reason::kSynChallenged);
}

TEST_P(ClosedPort, ThatOpensServesTheClientThatAsked) {
    refuse();
    box.advance(RefusedPorts::kFresh);
    Exchange asking{box, {.client_port = 1, .ipv6 = GetParam()}};
    ASSERT_EQ(asking.send(asking.syn()).reason, Reason::kSynAsks);
    EXPECT_EQ(asking.send(asking.syn()).reason, Reason::kSynRetransmitted);
    ASSERT_EQ(asking.send(asking.syn_ack()).reason, Reason::kSynAck);
    ASSERT_EQ(asking.send(asking.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    asking.expect_states(State::kEstablished, State::kEstablished);
}

/// Nobody waits for somebody else's question.
TEST_P(ClosedPort, IsChallengedWhileAQuestionIsOpen) {
    refuse();
    box.advance(RefusedPorts::kFresh);
    EXPECT_EQ(syn().reason, Reason::kSynAsks);
    EXPECT_EQ(syn().reason, Reason::kSynChallenged);
    box.advance(RefusedPorts::kPatience);
    EXPECT_EQ(syn().reason, Reason::kSynAsks) << "the answer may have been lost";
}

TEST_P(ClosedPort, IsForgottenInTheEnd) {
    refuse();
    box.advance(RefusedPorts::kMemory);
    EXPECT_EQ(syn().reason, Reason::kSynChallenged);
}

/// A flood must not find a way to the server through it.
TEST_P(ClosedPort, LetsOneSynASecondThroughAtMost) {
    refuse();
    box.advance(RefusedPorts::kFresh);
    unsigned passed = 0;
    for (unsigned number = 0; number < 10'000; ++number) {  // ten seconds
        passed += syn().action == Action::kForward ? 1U : 0U;
        box.advance(milliseconds{1});
    }
    EXPECT_EQ(passed, 10U);
}

TEST_P(ClosedPort, TakesNobodysPlaceInAFullTable) {
    Box small{Box::Settings{.policy = one_service(Challenge::kAlways), .capacity = 1}};
    Exchange refused{small, {.manner = Manner::kChallenged, .client_port = 1, .ipv6 = GetParam()}};
    ASSERT_EQ(refused.redeem().action, Action::kConnectServer);
    ASSERT_EQ(refused.send(refused.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    small.advance(RefusedPorts::kFresh);
    Exchange asking{small, {.client_port = 2, .ipv6 = GetParam()}};
    ASSERT_EQ(asking.send(asking.syn()).reason, Reason::kSynAsks);
    small.advance(RefusedPorts::kPatience);
    Exchange next{small, {.client_port = 3, .ipv6 = GetParam()}};
    EXPECT_EQ(next.send(next.syn()).reason, Reason::kSynChallenged);
    EXPECT_NE(asking.flow(), nullptr);
}

TEST_P(ClosedPort, DoesNotTakeAConnectionInTheMakingAway) {
    Exchange waiting = client(1);
    ASSERT_EQ(waiting.redeem().action, Action::kConnectServer);
    refuse();
    box.advance(RefusedPorts::kFresh);
    EXPECT_EQ(waiting.send(waiting.syn()).reason, Reason::kSynChallenged);
    EXPECT_EQ(waiting.flow()->life(), flow::Phase::kConnecting);
}

/// Otherwise forged SYNs could fill the memory of refused ports.
TEST_P(ClosedPort, IsNotLearnedFromTheRefusalOfASynWithinTheBudget) {
    Box relaxed{Challenge::kOverBudget, 1};
    Exchange first{relaxed, {.client_port = 1, .ipv6 = GetParam()}};
    ASSERT_EQ(first.send(first.syn()).reason, Reason::kSynWithinBudget);
    ASSERT_EQ(first.send(first.server(kRst | kAck, 0, 1)).reason, Reason::kServerRefused);
    Exchange second{relaxed, {.client_port = 2, .ipv6 = GetParam()}};
    ASSERT_EQ(second.send(second.syn()).reason, Reason::kSynWithinBudget);
    Exchange third{relaxed, {.client_port = 3, .ipv6 = GetParam()}};
    EXPECT_EQ(third.send(third.syn()).reason, Reason::kSynChallenged);
}

TEST_P(ClosedPort, IsTakenOnTrustFromAnotherWorkerAndNotToldOn) {
    refuse();
    EXPECT_TRUE(box.defender.port_news().empty()) << "there is nobody to tell";
    Box other{Challenge::kAlways};
    Exchange exchange{other, {.client_port = 1, .ipv6 = GetParam()}};
    wire::FourTuple inside;
    inside.inside_address = *wire::Address::parse(GetParam() ? "2001:db8::2" : "198.51.100.2");
    inside.inside_port = kServicePort;
    const PortNews refused{.key = other.hasher(inside), .at = other.now, .port = kServicePort};
    other.defender.begin_batch(other.now);
    other.defender.hear_of_port(refused);
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRefused);
    other.defender.hear_of_port(
        {.key = refused.key, .at = other.now, .port = kServicePort, .is_open = true});
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynChallenged);
}

}  // namespace
}  // namespace synward::defense
