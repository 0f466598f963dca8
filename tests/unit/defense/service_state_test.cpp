// SPDX-License-Identifier: BSD-3-Clause
#include "defense/service_state.h"

#include <gtest/gtest.h>

namespace synward::defense {
namespace {

ServiceState state(const ServerOptions& pinned = {}, std::uint32_t credits = 3) {
    ServicePolicy policy;
    policy.server = pinned;
    return ServiceState{policy, credits, 1460, 1440};
}

TEST(ServiceState, GivesAsManyCreditsAsItHasAndTakesThemBack) {
    ServiceState service = state({}, 2);
    EXPECT_TRUE(service.take_credit());
    EXPECT_TRUE(service.take_credit());
    EXPECT_FALSE(service.take_credit());
    EXPECT_EQ(service.credits_left(), 0U);
    service.give_credit_back();
    EXPECT_EQ(service.credits_left(), 1U);
    EXPECT_TRUE(service.take_credit());
    EXPECT_FALSE(service.take_credit());
}

TEST(ServiceState, KeepsARecordForEachAddressFamily) {
    ServiceState service = state();
    EXPECT_EQ(service.offers(true).promised(0).mss, 1460);
    EXPECT_EQ(service.offers(false).promised(0).mss, 1440);
    const wire::HandshakeOptions asked{.window_scale = 7, .sack_permitted = true};
    service.offers(true).learn({.options = {.mss = 1400}, .asked = &asked}, service.rules(true),
                               tcp::Time{});
    service.begin_epoch(1);
    EXPECT_EQ(service.offers(true).promised(1).mss, 1400);
    EXPECT_FALSE(service.offers(true).promised(1).sack);
    EXPECT_EQ(service.offers(false).promised(1).mss, 1440);
    EXPECT_TRUE(service.offers(false).promised(1).sack);
}

TEST(ServiceState, KnowsInWhichEpochsCookiesAreOut) {
    ServiceState service = state();
    EXPECT_FALSE(service.has_cookie_outstanding(4));
    service.begin_epoch(4);
    service.cookie_issued(4);
    EXPECT_TRUE(service.has_cookie_outstanding(4));
    EXPECT_FALSE(service.has_cookie_outstanding(5));
    service.begin_epoch(5);
    EXPECT_TRUE(service.has_cookie_outstanding(4)) << "still honoured";
    service.begin_epoch(6);
    EXPECT_FALSE(service.has_cookie_outstanding(6));
    EXPECT_FALSE(service.has_cookie_outstanding(5));
}

TEST(ServiceState, GoesOnUnderAnotherPolicyWithWhatIsInUse) {
    ServiceState before = state({}, 5);
    before.begin_epoch(4);
    before.cookie_issued(4);
    for (unsigned credit = 0; credit < 4; ++credit) {
        EXPECT_TRUE(before.take_credit());
    }
    ServiceState smaller = state({}, 2);
    EXPECT_FALSE(smaller.continue_from(before)) << "nothing else is promised";
    EXPECT_TRUE(smaller.has_cookie_outstanding(4));
    EXPECT_EQ(smaller.credits_left(), 0U);
    smaller.give_credit_back();
    smaller.give_credit_back();
    EXPECT_FALSE(smaller.take_credit()) << "two are in use still, as many as there are";
    smaller.give_credit_back();
    EXPECT_EQ(smaller.credits_left(), 1U);
    EXPECT_TRUE(smaller.take_credit());
    EXPECT_FALSE(smaller.take_credit());
}

TEST(ServiceState, PromisesByNewRulesFromTheNextEpochOn) {
    ServiceState before = state();
    before.begin_epoch(4);
    ServiceState after = state({.mss = 1000, .window_scale = 2});
    EXPECT_TRUE(after.continue_from(before));
    EXPECT_EQ(after.offers(true).promised(4).mss, 1460);
    after.begin_epoch(5);
    EXPECT_EQ(after.offers(true).promised(4).mss, 1460) << "what is out stays promised";
    EXPECT_EQ(after.offers(true).promised(5).mss, 1000);
    EXPECT_EQ(after.offers(true).promised(5).window_scale, 2);
}

}  // namespace
}  // namespace synward::defense
