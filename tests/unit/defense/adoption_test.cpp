// SPDX-License-Identifier: BSD-3-Clause
//
// Another policy while connections are under way: none of them may be cut, whatever has changed.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "exchange.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kSyn;

constexpr std::uint32_t kBudget = 4;

ServicePolicy& web(Policy& policy) {
    return policy.services.front();
}
Policy without_services() {
    Policy policy = one_service(Challenge::kOverBudget);
    policy.services.clear();
    return policy;
}
Policy renamed(Policy policy, const std::string& name, const std::string& address) {
    web(policy).name = name;
    web(policy).addresses = {*wire::Prefix::parse(address)};
    return policy;
}
/// Both ends go on, and close.
void expect_alive(Exchange& exchange) {
    ASSERT_NE(exchange.flow(), nullptr);
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 10)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.server(kAck, 1, 11, 20)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.client(kFin | kAck, 11, 21)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.server(kFin | kAck, 21, 12)).action, exchange.passes());
    EXPECT_EQ(exchange.send(exchange.client(kAck, 12, 22)).action, exchange.passes());
}

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
Policy with_method_reset() {
    Policy policy = one_service(Challenge::kAlways);
    web(policy).method = Method::kReset;
    return policy;
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

TEST(AdoptedBudget, ThatIsSmallerCountsWhatIsInUse) {
    Box box{Challenge::kOverBudget, 8};
    std::vector<Exchange> half_open;
    for (unsigned number = 0; number < 6; ++number) {
        half_open.push_back(Exchange{box, {.client_port = 1024 + number}});
        ASSERT_EQ(half_open.back().send(half_open.back().syn()).reason, Reason::kSynWithinBudget);
    }
    box.adopt(one_service(Challenge::kOverBudget, 4));
    Exchange another{box, {.client_port = 3000}};
    EXPECT_EQ(another.send(another.syn()).reason, Reason::kSynChallenged);
    for (unsigned number = 0; number < 6; ++number) {
        Exchange& each = half_open[number];
        each.send(each.syn_ack());
        ASSERT_EQ(each.send(each.client(kAck, 1, 1)).reason, Reason::kHandshakeCompleted);
        EXPECT_EQ(box.service().credits_left(), number < 2 ? 0U : number - 1) << number;
    }
}

TEST(AdoptedFigures, GoOnWithTheirServiceAndBeginAnewWithANewOne) {
    Box box{Challenge::kOverBudget, 8};
    Exchange exchange{box};
    exchange.establish();
    const ServiceFigures& figures = box.service_figures();
    EXPECT_EQ(figures.completed.value(), 1U);
    box.adopt(one_service(Challenge::kOverBudget, 3));
    EXPECT_EQ(&box.service_figures(), &figures) << "whoever reads them need not know";
    EXPECT_EQ(figures.completed.value(), 1U);
    EXPECT_EQ(figures.credits_left.value(), 3U);
    Exchange half_open{box, {.client_port = 3000}};
    half_open.send(half_open.syn());
    EXPECT_EQ(figures.credits_left.value(), 2U);
    box.adopt(renamed(one_service(Challenge::kOverBudget, 5), "new", "198.51.100.0/24"));
    EXPECT_EQ(box.defender.services()[1].figures().completed.value(), 0U);
}

TEST(AdoptedBudget, OfAServiceThatIsReplacedIsSpentToNobodysGain) {
    Box box{Challenge::kOverBudget, kBudget};
    std::vector<Exchange> half_open;
    for (unsigned number = 0; number < kBudget; ++number) {
        half_open.push_back(Exchange{box, {.client_port = 1024 + number}});
        ASSERT_EQ(half_open.back().send(half_open.back().syn()).reason, Reason::kSynWithinBudget);
    }
    const auto syn_reason = [&] {
        Exchange another{box, {.client_port = 3000}};
        return another.send(another.syn()).reason;
    };
    for (const char* const address : {"198.51.100.0/24", "198.51.100.0/25", "198.51.100.2"}) {
        box.adopt(renamed(one_service(Challenge::kOverBudget, kBudget), address, address));
        EXPECT_EQ(syn_reason(), Reason::kSynChallenged) << address;
    }
    half_open[0].send(half_open[0].syn_ack());
    half_open[0].send(half_open[0].client(kAck, 1, 1));
    EXPECT_EQ(syn_reason(), Reason::kSynWithinBudget);
    box.expire();
    EXPECT_EQ(box.defender.services().size(), kBudget + 1U) << "three gone, one there, undefended";
    for (unsigned number = 1; number < kBudget; ++number) {
        half_open[number].send(half_open[number].syn_ack());
        half_open[number].send(half_open[number].client(kAck, 1, 1));
    }
    box.advance(seconds{30});
    box.expire();
    for (const ServiceState& service : box.defender.services()) {
        EXPECT_TRUE(service.credits_left() == kBudget || service.credits_left() == 1024);
    }
}

TEST(AdoptedBudget, ThatIsLargerHasRoomAtOnce) {
    Box box{Challenge::kOverBudget, 1};
    Exchange first{box, {.client_port = 1024}};
    ASSERT_EQ(first.send(first.syn()).reason, Reason::kSynWithinBudget);
    box.adopt(one_service(Challenge::kOverBudget, 3));
    EXPECT_EQ(box.service().credits_left(), 2U);
}

TEST(AdoptedLists, HoldFromTheNextSegmentOn) {
    Box box{Challenge::kAlways};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    exchange.establish();
    Policy policy = one_service(Challenge::kAlways);
    policy.sources.lists.deny = {*wire::Prefix::parse("203.0.113.0/24")};
    box.adopt(policy);
    // As the operator wants: a list is the one thing that ends what is under way.
    EXPECT_EQ(exchange.send(exchange.client(kAck, 1, 1, 10)).reason, Reason::kSourceDenied);
    policy.sources.lists = {.allow = {*wire::Prefix::parse("203.0.113.1")}, .deny = {}};
    box.adopt(policy);
    expect_alive(exchange);
    Exchange another{box, {.client_port = 3000}};
    EXPECT_EQ(another.send(another.syn()).reason, Reason::kSynAllowed);
}

TEST(AdoptedTimeouts, HoldFromAFlowsNextSegmentOn) {
    Box box{Challenge::kNever};
    Exchange silent{box, {.client_port = 1024}};
    Exchange speaking{box, {.client_port = 1025}};
    silent.establish();
    speaking.establish();
    Policy policy = one_service(Challenge::kNever);
    policy.timeouts.established = seconds{60};
    box.adopt(policy);
    speaking.send(speaking.client(kAck, 1, 1, 10));
    box.advance(seconds{61});
    box.expire();
    EXPECT_NE(silent.flow(), nullptr);
    EXPECT_EQ(speaking.flow(), nullptr);
}

TEST(AdoptedServer, WhatIsPinnedIsPromisedFromTheNextEpochOnAndNotBefore) {
    Box box{Challenge::kAlways};
    Exchange before{box, {.manner = Manner::kChallenged, .client_port = 1024}};
    ASSERT_EQ(before.challenge().options.window_scale, kUsualWindowScale);
    Policy policy = one_service(Challenge::kAlways);
    web(policy).server.window_scale = 3;
    box.adopt(policy);
    // The cookie that is out promised another scale, and its splice must know.
    ASSERT_EQ(before.send(before.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(before.flow()->promised_scale, kUsualWindowScale);
    box.advance(seconds{5});
    Exchange after{box, {.manner = Manner::kChallenged, .client_port = 1025}};
    EXPECT_EQ(after.challenge().options.window_scale, 3);
    ASSERT_EQ(after.send(after.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(after.flow()->promised_scale, 3);
}

TEST(AdoptedServer, ANewServicePromisesWhatItsAddressesPromisedBefore) {
    Policy policy = one_service(Challenge::kAlways);
    web(policy).server.window_scale = 3;
    Box box{policy};
    Exchange exchange{box, {.manner = Manner::kChallenged}};
    ASSERT_EQ(exchange.challenge().options.window_scale, 3);
    Policy next = one_service(Challenge::kAlways);
    web(next).addresses.pop_back();
    web(next).name = "shop";
    box.adopt(next);
    ASSERT_EQ(exchange.send(exchange.client(kAck, 1, 1)).action, Action::kConnectServer);
    EXPECT_EQ(exchange.flow()->promised_scale, 3);
}

TEST(AdoptedSources, LimitsMayComeAndGo) {
    Box box{Challenge::kNever};
    const auto syn_passes = [&](unsigned port) {
        Exchange exchange{box, {.client_port = port}};
        if (exchange.send(exchange.syn()).action != Action::kForward) {
            return false;
        }
        exchange.send(exchange.syn_ack());
        return exchange.send(exchange.client(kAck, 1, 1)).reason == Reason::kHandshakeCompleted;
    };
    Policy limited = one_service(Challenge::kOverBudget);
    limited.sources.concurrent = 2;
    ASSERT_TRUE(syn_passes(1000));
    box.adopt(limited);
    ASSERT_TRUE(syn_passes(1001));
    ASSERT_TRUE(syn_passes(1002));
    ASSERT_FALSE(syn_passes(1003)) << "the two from after the change count";
    limited.sources.concurrent = 3;
    box.adopt(limited);
    ASSERT_TRUE(syn_passes(1004));
    ASSERT_FALSE(syn_passes(1005));
    box.expire();  // counts those who are at the limit
    ASSERT_FALSE(syn_passes(1006));
    box.adopt(one_service(Challenge::kOverBudget));
    ASSERT_TRUE(syn_passes(1007));
    limited.sources.concurrent = 2;
    box.adopt(limited);
    ASSERT_FALSE(syn_passes(1008)) << "those of before still count";
}

TEST(AdoptedMethod, ResetAdmitsSourcesThoughNoTableWasThereAtTheStart) {
    Box box{Challenge::kAlways};
    box.adopt(with_method_reset());
    Exchange exchange{box};
    const Verdict verdict = exchange.send(exchange.syn());
    ASSERT_EQ(verdict.reason, Reason::kSynChallengedByReset);
    Sent reset = exchange.client(wire::kRst, 0);
    reset.sequence = verdict.acknowledgment.value();
    EXPECT_EQ(exchange.send(reset).reason, Reason::kSourceAdmitted);
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynAdmitted);
    box.adopt(with_method_reset());
    EXPECT_EQ(exchange.send(exchange.syn()).reason, Reason::kSynRetransmitted);
    EXPECT_EQ(box.defender.admitted_sources().count(box.now), 1U);
}

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
