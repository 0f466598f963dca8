// SPDX-License-Identifier: BSD-3-Clause
#include "control/attack_watch.h"

#include <gtest/gtest.h>

namespace synward::control {
namespace {

using std::chrono::seconds;
using Kind = AttackWatch::Event::Kind;

class AttackWatchTest : public testing::Test {
  protected:
    /// A second passes in which so many SYNs were challenged and so many challenges redeemed.
    std::vector<AttackWatch::Event> pass(std::uint64_t challenged, std::uint64_t redeemed) {
        sample.time += seconds{1};
        sample.services.front().challenged += challenged;
        sample.services.front().redeemed += redeemed;
        return watch.look(sample);
    }
    [[nodiscard]] bool is_under_attack() const { return sample.services.front().under_attack; }

    Sample sample = [] {
        Sample first;
        first.started = first.time = std::chrono::system_clock::time_point{seconds{1'700'000'000}};
        first.services = {{.name = "web"}};
        return first;
    }();
    AttackWatch watch;
};

TEST_F(AttackWatchTest, ACrowdThatAnswersIsNoAttack) {
    for (unsigned second = 0; second < 20; ++second) {
        EXPECT_TRUE(pass(50'000, 49'950).empty());
        EXPECT_FALSE(is_under_attack());
    }
}

TEST_F(AttackWatchTest, TellsWhenItBeginsAndOnceItIsOverWithTotals) {
    EXPECT_TRUE(pass(10, 10).empty());
    const auto begins = pass(1000, 10);
    ASSERT_EQ(begins.size(), 1U);
    EXPECT_EQ(begins[0].kind, Kind::kBegins);
    EXPECT_EQ(begins[0].service, "web");
    EXPECT_EQ(begins[0].challenged, 1000U);
    EXPECT_TRUE(is_under_attack());
    EXPECT_TRUE(pass(5000, 20).empty());
    // A pause, and again: still one attack.
    for (unsigned second = 0; second < 9; ++second) {
        EXPECT_TRUE(pass(20, 20).empty());
        EXPECT_TRUE(is_under_attack());
    }
    EXPECT_TRUE(pass(3000, 30).empty());
    for (unsigned second = 0; second < 9; ++second) {
        EXPECT_TRUE(pass(5, 5).empty());
    }
    const auto ends = pass(5, 5);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].kind, Kind::kEnds);
    EXPECT_EQ(ends[0].challenged, 1000U + 5000 + 9 * 20 + 3000) << "to the last second of it";
    EXPECT_EQ(ends[0].redeemed, 10U + 20 + 9 * 20 + 30);
    EXPECT_EQ(ends[0].duration, seconds{12});
    EXPECT_FALSE(is_under_attack());
    EXPECT_TRUE(pass(5, 5).empty());
}

TEST_F(AttackWatchTest, CountsFromTheStartOfTheRun) {
    EXPECT_EQ(pass(100, 0).size(), 1U);
    EXPECT_EQ(pass(99, 0).size(), 0U);
}

TEST_F(AttackWatchTest, WhatGoesOnEndsWithTheRun) {
    ASSERT_EQ(pass(1000, 0).size(), 1U);
    const auto ends = watch.finish(sample);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].kind, Kind::kEnds);
    EXPECT_EQ(ends[0].challenged, 1000U);
}

TEST_F(AttackWatchTest, ForgetsServicesThatAreGone) {
    ASSERT_EQ(pass(1000, 0).size(), 1U);
    sample.services.clear();
    sample.time += seconds{1};
    EXPECT_TRUE(watch.look(sample).empty());
    sample.services = {{.name = "web", .challenged = 50}};
    sample.time += seconds{1};
    EXPECT_TRUE(watch.look(sample).empty());
    EXPECT_FALSE(is_under_attack());
}

TEST_F(AttackWatchTest, CountersThatGoBackAreThoseOfAnotherService) {
    ASSERT_EQ(pass(1000, 0).size(), 1U);
    sample.services.front().challenged = 3;
    EXPECT_TRUE(pass(0, 0).empty());
    EXPECT_FALSE(is_under_attack());
}

TEST_F(AttackWatchTest, MarksALaterSampleAsTheLastOneWas) {
    ASSERT_EQ(pass(1000, 0).size(), 1U);
    Sample later = sample;
    later.services.front().under_attack = false;
    watch.mark(later);
    EXPECT_TRUE(later.services.front().under_attack);
}

}  // namespace
}  // namespace synward::control
