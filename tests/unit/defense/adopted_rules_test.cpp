// SPDX-License-Identifier: BSD-3-Clause
//
// What holds from another policy's first segment on, and what goes on as before.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "adoption.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kFin, wire::kPsh, wire::kSyn;

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

}  // namespace
}  // namespace synward::defense
