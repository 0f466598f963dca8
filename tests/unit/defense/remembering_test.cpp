// SPDX-License-Identifier: BSD-3-Clause
//
// The third segment of a challenged handshake is lost, and the server would speak first.
#include <gtest/gtest.h>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst, wire::kSyn;

/// Challenges, and leaves the answer where the worker would.
void challenge(Exchange& client) {
    const Verdict verdict = client.challenge();
    ASSERT_EQ(verdict.action, Action::kAnswerSyn);
    Sent syn_ack = client.server(kSyn | kAck, 0, 1);
    syn_ack.sequence = verdict.sequence.value();
    if (verdict.options.timestamps) {
        syn_ack.options =
            test::OptionsText{.timestamps = {{verdict.options.timestamps->value, 1000}}}.bytes();
    }
    test::Bytes frame = Box::frame_of(syn_ack);
    const auto length = static_cast<std::uint32_t>(frame.size());
    frame.resize(RememberedSyns::kFrameRoom);
    client.box().defender.remembered_syns().keep_frame(verdict.remembered, frame.data(), length, 0);
}

/// Lets time pass; the SYN-ACKs that are sent again in it.
unsigned wait(Box& box, tcp::Duration duration) {
    unsigned sent = 0;
    for (const tcp::Time end = box.now + duration; box.now < end;) {
        box.advance(milliseconds{10});
        box.expire();
        box.defender.send_syn_acks_again(64, [&](const RememberedSyns::Entry&) { ++sent; });
    }
    return sent;
}

class LostThirdSegment : public testing::TestWithParam<bool> {
  protected:
    static Exchange::Style style(std::uint32_t client_isn = 0x1000'0000,
                                 unsigned client_port = kClientPort) {
        return {.manner = Manner::kChallenged,
                .client_isn = client_isn,
                .timestamps = GetParam(),
                .client_port = client_port};
    }
    unsigned wait(tcp::Duration duration) { return defense::wait(box, duration); }

    Box box{Challenge::kAlways};
    Exchange exchange{box, style()};
};

TEST_P(LostThirdSegment, SynAckIsSentAgainUntilTheClientAnswers) {
    challenge(exchange);
    EXPECT_EQ(wait(milliseconds{990}), 0U);
    EXPECT_EQ(wait(milliseconds{10}), 1U);
    EXPECT_EQ(wait(milliseconds{1990}), 0U);
    EXPECT_EQ(wait(milliseconds{10}), 1U);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(wait(seconds{20}), 0U);
    exchange.expect_states(State::kEstablished, State::kEstablished);
}

TEST_P(LostThirdSegment, MakesItUnknownWhichSynAckWasAnswered) {
    const auto measured = [this] { return box.defender.figures().client_handshake.sum(); };
    challenge(exchange);
    EXPECT_EQ(wait(milliseconds{1000}), 1U);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(measured(), 0U);
    Exchange other{box, style(0x2000'0000, 40'001)};
    challenge(other);
    EXPECT_EQ(wait(milliseconds{30}), 0U);
    EXPECT_EQ(other.send(other.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(tcp::Duration{static_cast<std::int64_t>(measured())}, milliseconds{30});
}

TEST_P(LostThirdSegment, OfAClientThatIsGoneIsGivenUp) {
    challenge(exchange);
    EXPECT_EQ(wait(seconds{60}), 3U);
    EXPECT_EQ(box.table.size(), 0U);
}

TEST_P(LostThirdSegment, IsNotMissedWhenItCame) {
    challenge(exchange);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(wait(seconds{4}), 0U) << "while the server is silent";
}

TEST_P(LostThirdSegment, IsNotMissedWhenItWasInVain) {
    challenge(exchange);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(exchange.send(exchange.server(kRst | kAck, 0, 1)).action, Action::kRefuseClient);
    EXPECT_EQ(wait(seconds{20}), 0U);
}

TEST_P(LostThirdSegment, IsNotMissedForALateDuplicateOfTheSyn) {
    challenge(exchange);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    challenge(exchange);
    EXPECT_EQ(wait(seconds{2}), 0U);
    exchange.send(exchange.syn_ack());
    challenge(exchange);
    EXPECT_EQ(wait(seconds{20}), 0U);
}

TEST_P(LostThirdSegment, ThatFoundNoRoomIsAskedForAgain) {
    Policy policy = one_service(Challenge::kAlways);
    policy.hold.connections = 1;
    Box small{policy};
    Exchange first{small, style(1, 1)};
    ASSERT_EQ(first.redeem().action, Action::kConnectServer);
    Exchange second{small, style(1, 2)};
    challenge(second);
    EXPECT_EQ(second.send(second.client(kAck, 1, 1)).reason, Reason::kHoldFull);
    EXPECT_EQ(first.send(first.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(defense::wait(small, seconds{1}), 1U);
    EXPECT_EQ(second.send(second.client(kAck, 1, 1)).action, Action::kConnectServer);
}

/// RFC 9293 section 3.10.7.4: SYN-RECEIVED ends with a RST. Its number is all that a victim of a
/// spoofed SYN knows.
TEST_P(LostThirdSegment, IsNotAskedForAfterAReset) {
    challenge(exchange);
    Sent reset = exchange.client(kRst, 1);
    ++reset.sequence;
    exchange.send(reset);
    EXPECT_EQ(wait(seconds{1}), 1U) << "a RST of another number";
    EXPECT_EQ(exchange.send(exchange.client(kRst, 1)).reason, Reason::kResetWithoutFlow);
    EXPECT_EQ(wait(seconds{20}), 0U);
}

TEST_P(LostThirdSegment, IsAskedForWhileAnOlderConnectionLingers) {
    exchange.establish();
    exchange.send(exchange.client(wire::kFin | kAck, 1, 1));
    exchange.send(exchange.server(wire::kFin | kAck, 1, 2));
    exchange.send(exchange.client(kAck, 2, 2));
    exchange.expect_states(State::kTimeWait, State::kClosed);
    Exchange anew{box, style(0x3000'0000)};
    challenge(anew);
    EXPECT_EQ(wait(seconds{1}), 1U);
    anew.send(anew.client(kRst, 1));
    EXPECT_EQ(wait(seconds{20}), 0U);
    challenge(anew);
    EXPECT_EQ(wait(seconds{1}), 1U);
    EXPECT_EQ(anew.send(anew.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(wait(seconds{4}), 0U);
}

TEST_P(LostThirdSegment, IsNotAskedForOnceTheCookieIsTooOld) {
    Policy policy = one_service(Challenge::kAlways);
    policy.cookie_key_lifetime = seconds{4};
    policy.syn_ack_retransmissions = 5;
    Box brief{policy};
    Exchange client{brief, style()};
    challenge(client);
    // At 1, 3 and 7 seconds; at 15 it is honoured no more.
    EXPECT_EQ(defense::wait(brief, seconds{40}), 3U);
}

TEST_P(LostThirdSegment, IsLeftToTheServerWhenTheSynPassedLater) {
    Box budgeted{Challenge::kOverBudget, 1};
    Exchange other{budgeted, style(1, 9)};
    other.send(other.syn());
    Exchange late{budgeted, style()};
    challenge(late);
    // The budget is free again when the client repeats its SYN.
    other.send(other.server(kRst | kAck, 0, 1));
    EXPECT_EQ(late.send(late.syn()).reason, Reason::kSynWithinBudget);
    EXPECT_EQ(defense::wait(budgeted, seconds{3}), 0U);
}

/// A box that answers one source prefix ten times a second.
Policy ten_answers() {
    Policy policy = one_service(Challenge::kAlways);
    policy.sources.answers = 10;
    return policy;
}

TEST_P(LostThirdSegment, SynAcksSentAgainAreAnswersWithinTheLimit) {
    Box limited{ten_answers()};
    std::vector<Exchange> clients;
    for (unsigned number = 0; number < 10; ++number) {
        clients.emplace_back(limited, style(0x1000'0000, 1000 + number));
        challenge(clients.back());
    }
    ASSERT_EQ(clients.front().challenge().reason, Reason::kAnswerLimit);
    limited.advance(milliseconds{500});
    for (unsigned number = 10; number < 15; ++number) {
        clients.emplace_back(limited, style(0x1000'0000, 1000 + number));
        challenge(clients.back());
    }
    // At one second ten are due, and the limit has room for five.
    EXPECT_EQ(defense::wait(limited, milliseconds{500}), 5U);
}

TEST_P(LostThirdSegment, ThatWouldBeAskedForInVainUsesUpNoAnswer) {
    Policy policy = ten_answers();
    policy.cookie_key_lifetime = seconds{4};
    Box limited{policy};
    std::vector<Exchange> clients;
    for (unsigned number = 0; number < 10; ++number) {
        clients.emplace_back(limited, style(0x1000'0000, 1000 + number));
        challenge(clients.back());
    }
    // Time passes at once, and the cookies are too old when their turn comes.
    limited.advance(seconds{20});
    limited.defender.begin_batch(limited.now);
    limited.defender.send_syn_acks_again(64, [](const RememberedSyns::Entry&) { ADD_FAILURE(); });
    for (unsigned number = 0; number < 10; ++number) {
        Exchange fresh{limited, style(0x1000'0000, 2000 + number)};
        EXPECT_EQ(fresh.challenge().action, Action::kAnswerSyn) << number;
    }
}

INSTANTIATE_TEST_SUITE_P(, LostThirdSegment, testing::Values(false, true), [](const auto& each) {
    return each.param ? "WithTimestamps" : "WithoutTimestamps";
});

}  // namespace
}  // namespace synward::defense
