// SPDX-License-Identifier: BSD-3-Clause
#include "defense/allowances.h"

#include <gtest/gtest.h>

namespace synward::defense {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AllowancesTest : public testing::Test {
  protected:
    static constexpr Allowances::Terms kTerms{
        .capacity = 64, .lifetime = seconds{60}, .burst = 5, .spared = seconds{10}};
    Allowances keys{kTerms};
    tcp::Time now{seconds{1'700'000'000}};

    unsigned take_all(std::uint64_t key) {
        unsigned taken = 0;
        while (keys.take(key, {}, now)) {
            ++taken;
        }
        return taken;
    }
};

TEST_F(AllowancesTest, AKeyThatWasNotAdmittedHasNothing) {
    EXPECT_FALSE(keys.take(7, {}, now));
    EXPECT_FALSE(keys.knows(7, {}, now));
    EXPECT_FALSE(keys.knows(0, {}, now)) << "an empty place";
}

TEST_F(AllowancesTest, SpendsItsBurstAndEarnsATokenEachStep) {
    ASSERT_TRUE(keys.admit(7, {}, now));
    EXPECT_EQ(take_all(7), 5U);
    EXPECT_TRUE(keys.knows(7, {}, now)) << "with nothing to spend";
    now += Allowances::kStep;
    EXPECT_EQ(take_all(7), 1U);
    now += 3 * Allowances::kStep;
    EXPECT_EQ(take_all(7), 3U);
    now += seconds{30};
    EXPECT_EQ(take_all(7), 5U) << "never more than the burst";
}

// A flood that asks all the time must not keep the bucket from filling, nor fill it.
TEST_F(AllowancesTest, EarnsTheSameHoweverOftenItIsAsked) {
    keys.admit(7, {}, now);
    unsigned taken = 0;
    const auto end = now + 100 * Allowances::kStep;
    for (; now < end; now += milliseconds{1}) {
        taken += keys.take(7, {}, now) ? 1U : 0U;
    }
    EXPECT_GE(taken, 5U + 99);
    EXPECT_LE(taken, 5U + 101);
}

TEST_F(AllowancesTest, ExpiresByItsLatestAdmissionAndNotByItsUse) {
    keys.admit(7, {}, now);
    now += seconds{50};
    EXPECT_TRUE(keys.take(7, {}, now));
    now += seconds{11};
    EXPECT_FALSE(keys.take(7, {}, now));
    keys.admit(7, {}, now);
    now += seconds{50};
    keys.admit(7, {}, now);
    now += seconds{50};
    EXPECT_TRUE(keys.take(7, {}, now));
    now += std::chrono::hours{24 * 400};
    EXPECT_FALSE(keys.knows(7, {}, now)) << "a place that nobody has looked at for a year";
}

TEST_F(AllowancesTest, AdmittedAgainItIsWorthOneTokenMore) {
    keys.admit(7, {}, now);
    EXPECT_EQ(take_all(7), 5U);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(keys.admit(7, {}, now));
        EXPECT_EQ(take_all(7), 1U);
    }
    for (int i = 0; i < 300; ++i) {
        keys.admit(7, {}, now);
    }
    EXPECT_EQ(take_all(7), 5U);
}

TEST_F(AllowancesTest, ANewKeyTakesTheExpiredPlaceThenTheOneIdleLongestButNoneInUse) {
    for (std::uint64_t key = 1; key <= 4; ++key) {  // one set
        ASSERT_TRUE(keys.admit(key, {}, now));
        now += seconds{1};
    }
    EXPECT_FALSE(keys.admit(5, {}, now)) << "all were used a moment ago";
    now += seconds{10};
    keys.take(1, {}, now);
    keys.take(2, {}, now);
    ASSERT_TRUE(keys.admit(5, {}, now));
    EXPECT_TRUE(keys.knows(1, {}, now));
    EXPECT_TRUE(keys.knows(2, {}, now));
    EXPECT_FALSE(keys.knows(3, {}, now));
    EXPECT_TRUE(keys.knows(4, {}, now));
    now += seconds{50};  // 1, 2 and 4 have expired; 5 has not, though it has been idle
    ASSERT_TRUE(keys.admit(6, {}, now));
    EXPECT_TRUE(keys.knows(5, {}, now));
    EXPECT_EQ(keys.count(now), 2U);
}

TEST_F(AllowancesTest, SetsAreChosenByTheHash) {
    for (std::uint64_t key = 1; key <= 16; ++key) {
        ASSERT_TRUE(keys.admit(key, {.low = key}, now));
    }
    EXPECT_EQ(keys.count(now), 16U);
    EXPECT_EQ(keys.capacity(), 64U);
    EXPECT_FALSE(keys.knows(1, {.low = 2}, now));
}

TEST_F(AllowancesTest, WithoutRefillTheBurstIsAll) {
    Allowances::Terms terms = kTerms;
    terms.refills = false;
    Allowances once{terms};
    once.admit(7, {}, now);
    unsigned taken = 0;
    for (int i = 0; i < 100; ++i) {
        taken += once.take(7, {}, now) ? 1U : 0U;
        now += milliseconds{500};
    }
    EXPECT_EQ(taken, 5U);
}

TEST(AllowancesSize, RoundsUpToAPowerOfTwoAndIsNeverEmpty) {
    EXPECT_EQ(Allowances{{.capacity = 0}}.capacity(), 4U);
    EXPECT_EQ(Allowances{{.capacity = 65}}.capacity(), 128U);
    EXPECT_EQ(Allowances{{.capacity = 65'536}}.capacity(), 65'536U);
}

}  // namespace
}  // namespace synward::defense
