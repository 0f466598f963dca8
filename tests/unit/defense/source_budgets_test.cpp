// SPDX-License-Identifier: BSD-3-Clause
//
// Floods of connections from real addresses: what one source prefix may have, and how fast.
#include "defense/source_budgets.h"

#include <gtest/gtest.h>

#include "exchange.h"
#include "support/wire.h"

namespace synward::defense {
namespace {

using test::address;
using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;
using Standing = SourceBudgets::Standing;

const SourcePrefix kPrefix24And56{24, 56};
const wire::Address kSource = address("203.0.113.1");
constexpr std::uint64_t kKey = 0x243f'6a88'85a3'08d3;

TEST(SourceBudgets, GiveEachWorkerItsShareRoundedUp) {
    SourcePolicy policy;
    EXPECT_EQ(SourceBudgets::share(policy, 4).concurrent, 0U);
    EXPECT_EQ(SourceBudgets::share(policy, 4).new_connections, 0U);
    policy.concurrent = 10;
    policy.new_connections = {.rate = 9};
    const auto limits = SourceBudgets::share(policy, 4);
    EXPECT_EQ(limits.concurrent, 3U);
    EXPECT_EQ(limits.new_connections, 3U);
    EXPECT_EQ(limits.burst, 3U);
    policy.new_connections->burst = 100;
    EXPECT_EQ(SourceBudgets::share(policy, 4).burst, 25U);
}

TEST(SourceBudgets, KeepTheRate) {
    SourceBudgets budgets{{.new_connections = 10, .burst = 5}, kPrefix24And56, 1024, kKey};
    tcp::Time now{seconds{1'700'000'000}};
    unsigned made = 0;
    for (unsigned i = 0; i < 10'000; ++i) {
        if (budgets.standing(kSource, now) == Standing::kWithin) {
            budgets.count(kSource, now);
            ++made;
        }
        now += milliseconds{1};
    }
    EXPECT_GE(made, 100U);
    EXPECT_LE(made, 105U);
    budgets.count(kSource, now);
    EXPECT_EQ(budgets.standing(address("203.0.113.200"), now), Standing::kOverRate);
    EXPECT_EQ(budgets.standing(address("203.0.114.1"), now), Standing::kWithin);
}

TEST(SourceBudgets, ChangeTheirLimitsForThoseWhoAreCountedToo) {
    SourceBudgets budgets{{.concurrent = 5}, kPrefix24And56, 1024, kKey};
    const tcp::Time now{seconds{1'700'000'000}};
    for (unsigned i = 0; i < 3; ++i) {
        budgets.count(kSource, now);
    }
    for (const bool recounted : {false, true}) {
        budgets.change_limits({.concurrent = 5});
        budgets.change_limits({.concurrent = 3});
        budgets.recount(recounted ? budgets.places() / 2 : 0);
        budgets.recount(recounted ? budgets.places() : 0);
        EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverConcurrent);
        EXPECT_EQ(budgets.standing(address("198.51.100.1"), now), Standing::kWithin);
        budgets.give_back(kSource);
        EXPECT_EQ(budgets.standing(kSource, now), Standing::kWithin);
        budgets.count(kSource, now);
        EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverConcurrent);
        budgets.change_limits({});
        EXPECT_EQ(budgets.standing(kSource, now), Standing::kWithin);
        EXPECT_EQ(budgets.connections(kSource), 3U);
    }
    budgets.change_limits({.new_connections = 1, .burst = 1});
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kWithin);
    budgets.count(kSource, now);
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverRate);
}

TEST(SourceBudgets, FindWhoIsOverASmallerBurst) {
    SourceBudgets budgets{{.new_connections = 1, .burst = 100}, kPrefix24And56, 1024, kKey};
    const tcp::Time now{seconds{1'700'000'000}};
    for (unsigned i = 0; i < 50; ++i) {
        budgets.count(kSource, now);
    }
    ASSERT_EQ(budgets.standing(kSource, now), Standing::kWithin);
    budgets.change_limits({.new_connections = 1, .burst = 10});
    budgets.recount(budgets.places());
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverRate);
    EXPECT_EQ(budgets.standing(kSource, now + seconds{41}), Standing::kWithin);
}

TEST(SourceBudgets, TakeWhatWasMadeTooMuchOffTheFutureForAMinuteAtMost) {
    SourceBudgets budgets{{.new_connections = 10, .burst = 5}, kPrefix24And56, 4096, kKey};
    const tcp::Time now{seconds{1'700'000'000}};
    for (unsigned i = 0; i < 105; ++i) {
        budgets.count(kSource, now);
    }
    EXPECT_EQ(budgets.standing(kSource, now + milliseconds{9'900}), Standing::kOverRate);
    EXPECT_EQ(budgets.standing(kSource, now + milliseconds{10'101}), Standing::kWithin);
    for (unsigned i = 0; i < 100'000; ++i) {
        budgets.count(kSource, now);
    }
    EXPECT_EQ(budgets.standing(kSource, now + seconds{59}), Standing::kOverRate);
    EXPECT_EQ(budgets.standing(kSource, now + seconds{61}), Standing::kWithin);
}

TEST(SourceBudgets, CountWhatIsThereAndGiveItBack) {
    SourceBudgets budgets{{.concurrent = 2}, kPrefix24And56, 1024, kKey};
    const tcp::Time now{seconds{1'700'000'000}};
    EXPECT_TRUE(budgets.count(kSource, now));
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kWithin);
    EXPECT_TRUE(budgets.count(address("203.0.113.99"), now));
    EXPECT_TRUE(budgets.count(address("203.0.113.99"), now)) << "it had been let through before";
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverConcurrent);
    budgets.give_back(kSource);
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kOverConcurrent);
    budgets.give_back(kSource);
    EXPECT_EQ(budgets.standing(kSource, now), Standing::kWithin);
    EXPECT_EQ(budgets.connections(kSource), 1U);
}

TEST(SourceBudgets, NeverForgetASourceWithConnectionsAndRefuseNobodyForWantOfRoom) {
    SourceBudgets budgets{{.concurrent = 1}, kPrefix24And56, 64, kKey};
    const tcp::Time now{seconds{1'700'000'000}};
    const auto source = [](unsigned number) {
        const std::uint8_t bytes[]{10, static_cast<std::uint8_t>(number >> 8U),
                                   static_cast<std::uint8_t>(number), 1};
        return wire::Address::from_ipv4(bytes);
    };
    std::vector<bool> counted;
    for (unsigned number = 0; number < 4000; ++number) {
        EXPECT_EQ(budgets.standing(source(number), now), Standing::kWithin);
        counted.push_back(budgets.count(source(number), now));
    }
    const auto places = static_cast<std::uint64_t>(std::ranges::count(counted, true));
    EXPECT_LE(places, budgets.places());
    EXPECT_GT(places, budgets.places() / 2);
    EXPECT_EQ(budgets.uncounted(), 4000 - places);
    for (unsigned number = 0; number < 4000; ++number) {
        EXPECT_EQ(budgets.connections(source(number)), counted[number] ? 1U : 0U);
    }
    for (unsigned number = 0; number < 4000; ++number) {
        if (counted[number]) {
            budgets.give_back(source(number));
        }
    }
    for (unsigned number = 4000; number < 4100; ++number) {
        EXPECT_TRUE(budgets.count(source(number), now)) << "the idle give way";
    }
}

/// Two connections at one time, or whatever a test asks for.
Policy limited(Challenge challenge, std::optional<std::uint32_t> concurrent,
               std::optional<std::uint32_t> rate = {}) {
    Policy policy = one_service(challenge, 500);
    policy.sources.concurrent = concurrent;
    if (rate) {
        policy.sources.new_connections = {.rate = *rate};
    }
    return policy;
}

class SourceBudget : public testing::TestWithParam<Manner> {
  protected:
    static Challenge challenge() {
        return GetParam() == Manner::kChallenged ? Challenge::kAlways : Challenge::kOverBudget;
    }
    static Exchange exchange(Box& box, unsigned number) {
        return Exchange{box, {.manner = GetParam(), .client_port = 2000 + number}};
    }
    static void expect_counted(Box& box) {
        std::uint32_t flows = 0;
        box.table.for_each([&](const flow::Flow& each) { flows += each.counted_at_source; });
        EXPECT_EQ(box.defender.source_budgets().connections(kSource), flows);
    }
};

INSTANTIATE_TEST_SUITE_P(, SourceBudget, testing::Values(Manner::kUntouched, Manner::kChallenged));

TEST_P(SourceBudget, BoundsConnectionsAtOneTimeAndTakesThemBackOnce) {
    Box box{limited(challenge(), 2)};
    Exchange first = exchange(box, 0);
    Exchange second = exchange(box, 1);
    Exchange third = exchange(box, 2);
    first.establish();
    second.establish();
    EXPECT_EQ(third.send(third.syn()).reason, Reason::kSourceOverConcurrent);
    expect_counted(box);
    // A reset ends the first: its place is free while the flow lingers, and once only.
    first.send(first.client(kRst, 1));
    expect_counted(box);
    box.advance(seconds{20});
    box.expire();
    EXPECT_EQ(first.flow(), nullptr);
    expect_counted(box);
    third.establish();
    EXPECT_EQ(box.defender.source_budgets().connections(kSource), 2U);
    // Closed from both sides, the second lingers in TIME_WAIT and does not count.
    second.send(second.client(kFin | kAck, 1, 1));
    second.send(second.server(kFin | kAck, 1, 2));
    second.send(second.client(kAck, 2, 2));
    second.expect_states(State::kTimeWait, State::kClosed);
    EXPECT_EQ(box.defender.source_budgets().connections(kSource), 1U);
    expect_counted(box);
    box.advance(seconds{3 * 3600});
    box.expire();
    EXPECT_EQ(box.table.size(), 0U);
    EXPECT_EQ(box.defender.source_budgets().connections(kSource), 0U);
}

TEST_P(SourceBudget, BoundsHowFastConnectionsAreMade) {
    Box box{limited(challenge(), {}, 3)};
    for (unsigned number = 0; number < 3; ++number) {
        exchange(box, number).establish();
    }
    Exchange late = exchange(box, 3);
    EXPECT_EQ(late.send(late.syn()).reason, Reason::kSourceOverRate);
    box.advance(milliseconds{400});
    late.establish();
}

// Nobody uses up a source's budget by forging its addresses.
TEST_P(SourceBudget, IsNotTouchedByWhoeverHasProvenNothing) {
    Box box{limited(challenge(), 2, 3)};
    for (unsigned number = 0; number < 400; ++number) {
        Exchange forged = exchange(box, 100 + number);
        EXPECT_NE(forged.send(forged.syn()).action, Action::kDrop);
    }
    EXPECT_EQ(box.defender.source_budgets().connections(kSource), 0U);
    exchange(box, 0).establish();
    exchange(box, 1).establish();
}

TEST(SourceBudgetAtRedemption, RefusesCookiesBeyondIt) {
    Box box{limited(Challenge::kAlways, 1)};
    Exchange first{box, {.client_port = 1}};
    Exchange second{box, {.client_port = 2}};
    first.challenge();
    second.challenge();
    EXPECT_EQ(first.send(first.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(second.send(second.client(kAck, 1, 1)).reason, Reason::kSourceOverConcurrent);
    // Its cookie is good for as long as before, and there is room again once the first is gone.
    first.send(first.client(kRst, 1, 1));
    EXPECT_EQ(second.send(second.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST(SourceBudgetException, IsMadeForAllowedSourcesAndServicesThatAreNeverChallenged) {
    Policy allowing = limited(Challenge::kAlways, 1, 1);
    allowing.sources.lists.allow = {*wire::Prefix::parse("203.0.113.0/24")};
    for (const Policy& policy : {allowing, limited(Challenge::kNever, 1, 1)}) {
        Box box{policy};
        for (unsigned number = 0; number < 20; ++number) {
            Exchange{box, {.client_port = 1024 + number}}.establish();
        }
        EXPECT_EQ(box.defender.source_budgets().connections(kSource), 0U);
    }
}

}  // namespace
}  // namespace synward::defense
