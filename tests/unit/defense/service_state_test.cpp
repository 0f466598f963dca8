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

}  // namespace
}  // namespace synward::defense
