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

constexpr bool kIpv4 = true;
const wire::HandshakeOptions kAskedForAll{
    .mss = 1460, .window_scale = 7, .sack_permitted = true, .timestamps = wire::Timestamps{1, 0}};

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

TEST(ServiceState, PromisesWhatLinksCarryAndLinuxOffersBeforeItKnowsTheServer) {
    const ServiceState service = state();
    EXPECT_EQ(service.promised(0, kIpv4).mss, 1460);
    EXPECT_EQ(service.promised(0, !kIpv4).mss, 1440);
    EXPECT_EQ(service.promised(1, kIpv4).window_scale, 7);
    EXPECT_TRUE(service.promised(1, kIpv4).sack);
    EXPECT_TRUE(service.promised(1, kIpv4).timestamps);
    EXPECT_FALSE(service.promised(1, kIpv4).ecn);
}

TEST(ServiceState, KeepsAnEpochsPromiseWhateverIsLearnedMeanwhile) {
    ServiceState service = state();
    service.begin_epoch(10);
    service.learn(kIpv4, {.mss = 1400, .window_scale = 2}, true, &kAskedForAll);
    EXPECT_EQ(service.promised(10, kIpv4).mss, 1460);
    EXPECT_EQ(service.promised(10, kIpv4).window_scale, 7);
    service.begin_epoch(11);
    EXPECT_EQ(service.promised(10, kIpv4).window_scale, 7);
    EXPECT_EQ(service.promised(11, kIpv4).mss, 1400);
    EXPECT_EQ(service.promised(11, kIpv4).window_scale, 2);
    EXPECT_FALSE(service.promised(11, kIpv4).sack) << "asked for and not given";
    EXPECT_FALSE(service.promised(11, kIpv4).timestamps);
    EXPECT_TRUE(service.promised(11, kIpv4).ecn);
    EXPECT_EQ(service.promised(11, !kIpv4).mss, 1440) << "each family by itself";
    EXPECT_TRUE(service.promised(11, !kIpv4).sack);
}

TEST(ServiceState, LearnsNothingFromTheAbsenceOfWhatWasNotAskedFor) {
    ServiceState service = state();
    const wire::HandshakeOptions nothing_asked;
    service.learn(kIpv4, {.mss = 1300}, false, &nothing_asked);
    service.learn(kIpv4, {.mss = 1300}, false, nullptr);
    service.begin_epoch(2);
    EXPECT_EQ(service.promised(2, kIpv4).mss, 1300);
    EXPECT_EQ(service.promised(2, kIpv4).window_scale, 7);
    EXPECT_TRUE(service.promised(2, kIpv4).sack);
    EXPECT_TRUE(service.promised(2, kIpv4).timestamps);
}

TEST(ServiceState, LearnsThatAServerDoesNotScaleAndThatItDoesAgain) {
    ServiceState service = state();
    service.learn(kIpv4, {}, false, &kAskedForAll);
    service.begin_epoch(2);
    EXPECT_EQ(service.promised(2, kIpv4).window_scale, tcp::kNoWindowScale);
    service.learn(kIpv4, {.window_scale = 0, .sack_permitted = true}, false, nullptr);
    service.begin_epoch(3);
    EXPECT_EQ(service.promised(3, kIpv4).window_scale, 0);
    EXPECT_TRUE(service.promised(3, kIpv4).sack);
}

TEST(ServiceState, KeepsToWhatThePolicyPins) {
    ServiceState service =
        state({.mss = 1200, .window_scale = 3, .sack = false, .timestamps = false, .ecn = true});
    service.learn(kIpv4, kAskedForAll, false, &kAskedForAll);
    service.begin_epoch(2);
    for (const bool is_ipv4 : {true, false}) {
        for (const tcp::Epoch epoch : {1U, 2U}) {
            const ServerOffer& offer = service.promised(epoch, is_ipv4);
            EXPECT_EQ(offer.mss, 1200);
            EXPECT_EQ(offer.window_scale, 3);
            EXPECT_FALSE(offer.sack);
            EXPECT_FALSE(offer.timestamps);
            EXPECT_TRUE(offer.ecn);
        }
    }
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
