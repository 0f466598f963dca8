// SPDX-License-Identifier: BSD-3-Clause
//
// Another policy while connections are under way: none of them may be cut, whatever has changed.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "adoption.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kSyn;

struct Change {
    const char* name;
    Policy (*make)();
};
void PrintTo(const Change& change, std::ostream* out) {
    *out << change.name;
}

Policy with_challenge(Challenge challenge) {
    return one_service(challenge, kBudget);
}
Policy with_everything_shorter() {
    Policy policy = one_service(Challenge::kAlways);
    policy.timeouts = {.half_open = seconds{1},
                       .established = seconds{60},
                       .half_closed = seconds{60},
                       .closing = seconds{1},
                       .time_wait = seconds{1}};
    policy.cookie_key_lifetime = seconds{4};
    policy.hold.server_attempts = 1;
    policy.hold.segments_per_connection = 1;
    policy.sources.answers = 1;
    policy.sources.concurrent = 1;
    policy.sources.new_connections = {.rate = 1, .burst = 1};
    return policy;
}
Policy denied_and_removed() {
    Policy policy = without_services();
    policy.sources.lists.deny = {*wire::Prefix::parse("0.0.0.0/0"), *wire::Prefix::parse("::/0")};
    return policy;
}

const Change kChanges[] = {
    {"Nothing", [] { return with_challenge(Challenge::kOverBudget); }},
    {"Always", [] { return with_challenge(Challenge::kAlways); }},
    {"Never", [] { return with_challenge(Challenge::kNever); }},
    {"Monitor", [] { return with_challenge(Challenge::kMonitor); }},
    {"MethodReset", with_method_reset},
    {"EverythingShorter", with_everything_shorter},
    {"Removed", without_services},
    {"RemovedAndTheSourceDenied", denied_and_removed},
    {"Renamed", [] { return renamed(with_challenge(Challenge::kAlways), "shop", "198.51.100.2"); }},
    {"Replaced",
     [] { return renamed(with_challenge(Challenge::kAlways), "shop", "198.51.100.0/24"); }},
    {"MovedElsewhere",
     [] { return renamed(with_challenge(Challenge::kAlways), "web", "198.51.100.77"); }},
};

struct Case {
    Manner manner;
    Change change;
};
void PrintTo(const Case& each, std::ostream* out) {
    *out << (each.manner == Manner::kUntouched ? "Untouched" : "Challenged") << each.change.name;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Manner manner : {Manner::kUntouched, Manner::kChallenged}) {
        for (const Change& change : kChanges) {
            all.push_back({manner, change});
        }
    }
    return all;
}

class Adoption : public testing::TestWithParam<Case> {
  protected:
    Box box{GetParam().manner == Manner::kUntouched ? Challenge::kOverBudget : Challenge::kAlways,
            kBudget};
    Exchange exchange{box, {.manner = GetParam().manner}};

    void adopt() { box.adopt(GetParam().change.make()); }
    void settle() {
        box.advance(milliseconds{10});
        box.expire();
        box.expire();
    }
};

TEST_P(Adoption, KeepsAnEstablishedConnection) {
    exchange.establish();
    adopt();
    expect_alive(exchange);
}

TEST_P(Adoption, KeepsAnEstablishedConnectionThatIsSilentMeanwhile) {
    exchange.establish();
    adopt();
    settle();
    expect_alive(exchange);
    EXPECT_EQ(box.defender.settled(), box.defender.generation_number());
}

TEST_P(Adoption, KeepsAConnectionThatIsClosing) {
    exchange.establish();
    ASSERT_EQ(exchange.send(exchange.client(kFin | kAck, 1, 1)).action, exchange.passes());
    adopt();
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 2, 20)).action, exchange.passes());
    settle();
    EXPECT_EQ(exchange.send(exchange.server(kFin | kAck, 21, 2)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 2, 22)).action, exchange.passes());
}

TEST_P(Adoption, KeepsAHandshakeThatIsUnderWay) {
    if (GetParam().manner == Manner::kUntouched) {
        ASSERT_EQ(exchange.send(exchange.syn()).action, Action::kForward);
        adopt();
        ASSERT_EQ(exchange.send(exchange.syn_ack()).reason, Reason::kSynAck);
        settle();
        ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
    } else {
        ASSERT_EQ(exchange.redeem().action, Action::kConnectServer);
        adopt();
        settle();
        ASSERT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
    }
    expect_alive(exchange);
}

TEST_P(Adoption, LeavesNoCreditBehind) {
    const std::uint32_t half_open = GetParam().manner == Manner::kUntouched ? kBudget : 0;
    for (unsigned number = 0; number < half_open; ++number) {
        Exchange each{box, {.client_port = 1024 + number}};
        ASSERT_EQ(each.send(each.syn()).reason, Reason::kSynWithinBudget);
    }
    adopt();
    settle();
    box.advance(seconds{30});
    box.expire();
    const auto& services = box.defender.services();
    for (const ServiceState& service : services) {
        EXPECT_GE(service.credits_left(), 1U);
    }
    EXPECT_EQ(box.table.size(), 0U);
    box.adopt(one_service(Challenge::kOverBudget, kBudget));
    unsigned passed = 0;
    for (unsigned number = 0; number < 2 * kBudget; ++number) {
        Exchange each{box, {.client_port = 2048 + number}};
        passed += each.send(each.syn()).reason == Reason::kSynWithinBudget ? 1U : 0U;
    }
    EXPECT_EQ(passed, kBudget);
}

INSTANTIATE_TEST_SUITE_P(, Adoption, testing::ValuesIn(cases()), [](const auto& each) {
    std::ostringstream name;
    PrintTo(each.param, &name);
    return name.str();
});

// A client whose SYN has been answered with a cookie knows nothing of what the operator does.
class OutstandingCookie : public testing::TestWithParam<Change> {};

TEST_P(OutstandingCookie, IsRedeemedUnderTheNextPolicy) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    ASSERT_EQ(exchange.challenge().action, Action::kAnswerSyn);
    box.adopt(GetParam().make());
    ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    ASSERT_EQ(exchange.send(exchange.syn_ack()).action, Action::kJoin);
    expect_alive(exchange);
}

TEST_P(OutstandingCookie, IsHonouredAsLongAsBefore) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    ASSERT_EQ(exchange.challenge().action, Action::kAnswerSyn);
    box.adopt(GetParam().make());
    box.advance(box.policy.cookie_key_lifetime - milliseconds{1});
    ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

TEST_P(OutstandingCookie, IsNotHonouredForEver) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    ASSERT_EQ(exchange.challenge().action, Action::kAnswerSyn);
    box.adopt(GetParam().make());
    for (unsigned epoch = 0; epoch < 2; ++epoch) {
        box.advance(box.policy.cookie_key_lifetime);
        box.expire();
    }
    EXPECT_NE(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
}

// A service that is gone altogether refuses them: its addresses are not the box's any more.
const Change kStillThere[] = {kChanges[0], kChanges[1], kChanges[2], kChanges[3],
                              kChanges[4], kChanges[5], kChanges[8], kChanges[9]};
INSTANTIATE_TEST_SUITE_P(, OutstandingCookie, testing::ValuesIn(kStillThere),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(AdoptionInTheEnd, AFlowWhoseServiceComesBackIsDefendedAgain) {
    Box box{Challenge::kNever};
    Exchange exchange{box};
    exchange.establish();
    box.adopt(without_services());
    box.expire();
    ASSERT_NE(exchange.flow(), nullptr);
    const ServiceIndex undefended = exchange.flow()->service;
    box.adopt(one_service(Challenge::kAlways));
    box.expire();
    EXPECT_NE(exchange.flow()->service, undefended);
    expect_alive(exchange);
}

TEST(AdoptionInTheEnd, ManyPoliciesInARowSettleOnceTheyStop) {
    Box box{Challenge::kOverBudget};
    Exchange exchange{box};
    exchange.establish();
    for (unsigned round = 0; round < 300; ++round) {
        // Slices of the table, as a worker's housekeeping looks at it.
        box.adopt(renamed(one_service(Challenge::kOverBudget), "name" + std::to_string(round),
                          "198.51.100." + std::to_string(2 + round % 2)));
        box.defender.expire(box.table.capacity() / 3);
        EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 10)).action, Action::kForward);
    }
    EXPECT_LT(box.defender.services().size(), 12U) << "indices are used again";
    box.expire();
    box.expire();
    EXPECT_EQ(box.defender.settled(), box.defender.generation_number());
    expect_alive(exchange);
}

}  // namespace
}  // namespace synward::defense
