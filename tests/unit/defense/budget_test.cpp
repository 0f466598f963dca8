// SPDX-License-Identifier: BSD-3-Clause
//
// The budget is of half-open connections, not of SYNs.
#include <gtest/gtest.h>

#include <deque>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kRst, wire::kSyn;

constexpr std::uint32_t kBudget = 64;

Exchange client_number(Box& box, unsigned number) {
    return Exchange{box,
                    {.client_isn = 0x1000'0000 + number * 77'777,
                     .server_isn = 0x7000'0000 + number * 55'555,
                     .client_port = 1024 + number}};
}

class Budget : public testing::Test {
  protected:
    Box box{Challenge::kOverBudget, kBudget};

    std::uint32_t credits() const { return box.service().credits_left(); }
    Reason syn_number(unsigned number) {
        Exchange exchange = client_number(box, number);
        return exchange.send(exchange.syn()).reason;
    }
    void spend_all() {
        for (unsigned number = 0; number < kBudget; ++number) {
            ASSERT_EQ(syn_number(number), Reason::kSynWithinBudget) << number;
        }
    }
};

TEST_F(Budget, IsSpentExactlyAndThenEverySynIsChallenged) {
    spend_all();
    for (unsigned number = kBudget; number < 10 * kBudget; ++number) {
        ASSERT_EQ(syn_number(number), Reason::kSynChallenged) << number;
    }
    EXPECT_EQ(box.table.size(), kBudget) << "a challenge leaves nothing behind";
    EXPECT_EQ(syn_number(3), Reason::kSynRetransmitted) << "what has passed goes on passing";
    box.expect_consistent(kBudget);
}

TEST_F(Budget, NeverChallengesTwoThousandClientsThatComplete) {
    for (unsigned number = 0; number < 2000; ++number) {
        Exchange exchange = client_number(box, number);
        ASSERT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynWithinBudget);
        ASSERT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
        ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
        ASSERT_EQ(exchange.send(exchange.client(kRst, 1)).reason, Reason::kReset);
        if (number % 1000 == 999) {
            box.advance(seconds{30});
            box.expire();
        }
    }
    EXPECT_EQ(credits(), kBudget);
}

TEST_F(Budget, NeverChallengesAHundredAtATimeThatAreNeverMoreThanTheBudgetHalfOpen) {
    std::deque<Exchange> waiting;
    for (unsigned number = 0; number < 900; ++number) {
        waiting.push_back(client_number(box, number));
        ASSERT_EQ(waiting.back().send(waiting.back().syn()).reason, Reason::kSynWithinBudget);
        waiting.back().send(waiting.back().syn_ack());
        if (waiting.size() == kBudget) {
            Exchange& first = waiting.front();
            ASSERT_EQ(first.send(first.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
            waiting.pop_front();
        }
    }
    box.expect_consistent(kBudget);
}

TEST_F(Budget, IsPaidBackByTheHandshakeTheRefusalTheResetAndTheTimeout) {
    spend_all();
    Exchange completes = client_number(box, 0);
    completes.send(completes.syn_ack());
    EXPECT_EQ(credits(), 0U);
    completes.send(completes.client(kAck, 1, 1));
    EXPECT_EQ(credits(), 1U);
    Exchange refused = client_number(box, 1);
    refused.send(refused.server(kRst | kAck, 0, 1));
    EXPECT_EQ(credits(), 2U);
    Exchange aborted = client_number(box, 2);
    aborted.send(aborted.client(kRst, 1));
    EXPECT_EQ(credits(), 3U);
    box.advance(box.policy.timeouts.half_open + milliseconds{200});
    box.expire();
    EXPECT_EQ(credits(), kBudget);
    EXPECT_EQ(box.table.size(), 1U);
    EXPECT_EQ(syn_number(100), Reason::kSynWithinBudget);
}

TEST_F(Budget, IsNotPaidBackTwice) {
    spend_all();
    Exchange exchange = client_number(box, 0);
    exchange.send(exchange.syn_ack());
    for (int i = 0; i < 3; ++i) {
        exchange.send(exchange.client(kAck, 1, 1));
        exchange.send(exchange.syn_ack());
    }
    exchange.send(exchange.client(kRst, 1));
    exchange.send(exchange.client(kRst, 1));
    EXPECT_EQ(credits(), 1U);
    box.advance(seconds{20});
    box.expire();
    EXPECT_EQ(credits(), kBudget);
}

TEST_F(Budget, BelongsToOneServiceAlone) {
    Policy policy = one_service(Challenge::kOverBudget, 2);
    policy.services.push_back(policy.services.front());
    policy.services[1].addresses = {*wire::Prefix::parse("198.51.100.3")};
    Box two{policy};
    Exchange first{two};
    for (unsigned number = 0; number < 3; ++number) {
        Exchange exchange = client_number(two, number);
        EXPECT_EQ(exchange.send(exchange.syn()).reason,
                  number < 2 ? Reason::kSynWithinBudget : Reason::kSynChallenged);
    }
    const auto other =
        test::FrameBuilder{}.ipv4("203.0.113.1", "198.51.100.3").tcp(9, 80).flags(kSyn).bytes();
    EXPECT_EQ(two.send_frame(other, Side::kOutside).reason, Reason::kSynWithinBudget);
}

TEST_F(Budget, DecidesEachSynByItselfSoThatBothKindsLiveSideBySide) {
    spend_all();
    Exchange challenged = client_number(box, 500);
    EXPECT_EQ(challenged.redeem().action, Action::kConnectServer);
    // Room again, and the next passes, while the challenged one goes on.
    Exchange refused = client_number(box, 1);
    refused.send(refused.server(kRst | kAck, 0, 1));
    EXPECT_EQ(syn_number(501), Reason::kSynWithinBudget);
    EXPECT_EQ(challenged.send(challenged.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(challenged.send(challenged.client(kAck, 1, 1, 10)).action, Action::kSplice);
    Exchange passed = client_number(box, 501);
    passed.send(passed.syn_ack());
    EXPECT_EQ(passed.send(passed.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    box.expect_consistent(kBudget);
}

TEST_F(Budget, LetsAClientThatWasChallengedFirstAndPassedThenRedeemItsCookie) {
    spend_all();
    Exchange exchange = client_number(box, 500);
    EXPECT_EQ(exchange.challenge().action, Action::kAnswerSyn);
    // Its SYN-ACK is late, so that the client sends the SYN again, which passes now.
    Exchange refused = client_number(box, 1);
    refused.send(refused.server(kRst | kAck, 0, 1));
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynWithinBudget);
    exchange.send(exchange.syn_ack());
    // The client takes the cookie's SYN-ACK, which came first, and no other after it.
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 10)).action, Action::kSplice);
    box.expect_consistent(kBudget);
}

// The other settings of a service.

TEST(ChallengeMode, AlwaysChallengesFromTheFirstSynOn) {
    Box box{Challenge::kAlways, kBudget};
    for (unsigned number = 0; number < 10; ++number) {
        Exchange exchange = client_number(box, number);
        EXPECT_EQ(exchange.send(exchange.syn()).action, Action::kAnswerSyn);
    }
    EXPECT_EQ(box.table.size(), 0U);
    EXPECT_EQ(box.service().credits_left(), kBudget);
}

TEST(ChallengeMode, NeverChallengesAndCountsNoBudget) {
    Box box{Challenge::kNever, 2};
    for (unsigned number = 0; number < 200; ++number) {
        Exchange exchange = client_number(box, number);
        EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynUnchallenged);
    }
    EXPECT_EQ(box.service().credits_left(), 2U);
    EXPECT_EQ(box.table.half_open(), 200U);
}

TEST(ChallengeMode, MonitorCountsWhatWouldHaveBeenChallenged) {
    Box box{Challenge::kMonitor, kBudget};
    for (unsigned number = 0; number < 2 * kBudget; ++number) {
        Exchange exchange = client_number(box, number);
        const Verdict verdict = exchange.send(exchange.syn());
        EXPECT_EQ(verdict.action, Action::kForward);
        EXPECT_EQ(verdict.reason,
                  number < kBudget ? Reason::kSynWithinBudget : Reason::kSynMonitored);
    }
    Exchange completes = client_number(box, 0);
    completes.send(completes.syn_ack());
    completes.send(completes.client(kAck, 1, 1));
    EXPECT_EQ(box.service().credits_left(), 1U);
    Exchange monitored = client_number(box, kBudget);
    monitored.send(monitored.syn_ack());
    EXPECT_EQ(monitored.send(monitored.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    EXPECT_EQ(box.service().credits_left(), 1U) << "it had none to give back";
}

TEST(ChallengeMode, MonitorDropsNothing) {
    Box box{Challenge::kMonitor, kBudget};
    Exchange exchange = client_number(box, 0);
    exchange.establish();
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (const bool damaged : {false, true}) {
            for (const unsigned port : {1024U, 5000U}) {
                Sent sent = exchange.client(flags, 0x4000'0000, 0x4000'0000);
                sent.client_port = port;
                sent.damaged = damaged;
                EXPECT_EQ(box.send(sent).action, Action::kForward) << flags;
                sent.from = Side::kInside;
                EXPECT_EQ(box.send(sent).action, Action::kForward) << flags;
            }
        }
    }
}

}  // namespace
}  // namespace synward::defense
