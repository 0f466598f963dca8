// SPDX-License-Identifier: BSD-3-Clause
//
// The key's lifetime: which epochs' cookies are honoured, and what grows from one to the next.
#include <gtest/gtest.h>

#include "cookie_fixture.h"
#include "tcp/cookie.h"

namespace synward::tcp {
namespace {

constexpr Epoch kInterestingEpochs[]{0,    1,    2,    254,        255,        256,       257,
                                     4094, 4095, 4096, 0x00ffffff, 0x80000000, 0xfffffdff};

/// Whether `keys` redeem a cookie that was issued at `issued`, and say of which epoch it is.
testing::AssertionResult redeems(const CookieKeys& keys, Epoch issued, bool timestamps) {
    const Cookie cookie =
        CookieKeys{kMaster, issued}.issue(kTuple, true, kClientIsn, kOptions, timestamps);
    const auto echoed = echo_of(cookie, timestamps);
    const auto claimed = keys.claimed_epoch(kTuple, kClientIsn, cookie.sequence, echoed);
    const auto options = keys.redeem(kTuple, true, kClientIsn, cookie.sequence, echoed);
    if (options && (options != kOptions || claimed != issued)) {
        ADD_FAILURE() << "redeemed, but not for what was issued";
    }
    return (options ? testing::AssertionSuccess() : testing::AssertionFailure())
           << "now " << keys.current() << ", issued " << issued;
}

TEST(CookieEpochs, HonourTheCurrentAndTheOneBefore) {
    for (const Epoch issued : kInterestingEpochs) {
        for (const bool timestamps : {true, false}) {
            CookieKeys keys{kMaster, issued};
            EXPECT_TRUE(redeems(keys, issued, timestamps));
            keys.advance(issued + 1);
            EXPECT_EQ(keys.current(), issued + 1);
            EXPECT_TRUE(redeems(keys, issued, timestamps));
            EXPECT_TRUE(redeems(keys, issued + 1, timestamps));
            keys.advance(issued + 2);
            EXPECT_FALSE(redeems(keys, issued, timestamps));
            EXPECT_TRUE(redeems(keys, issued + 1, timestamps));
            EXPECT_TRUE(redeems(keys, issued + 2, timestamps));
        }
    }
}

TEST(CookieEpochs, DoNotComeBackWhenTheirNumberOnTheWireWraps) {
    for (const Epoch issued : kInterestingEpochs) {
        for (const Epoch age : {2U, 3U, 255U, 256U, 257U, 258U, 4095U, 4096U, 4097U, 4098U}) {
            if (issued + age < issued) {
                continue;
            }
            CookieKeys step_by_step{kMaster, issued};
            while (step_by_step.current() != issued + age) {
                step_by_step.advance(step_by_step.current() + 1);
            }
            CookieKeys at_once{kMaster, issued};
            at_once.advance(issued + age);
            for (const bool timestamps : {true, false}) {
                EXPECT_FALSE(redeems(step_by_step, issued, timestamps));
                EXPECT_FALSE(redeems(at_once, issued, timestamps));
                EXPECT_TRUE(redeems(at_once, issued + age - 1, timestamps));
                EXPECT_TRUE(redeems(at_once, issued + age, timestamps));
            }
        }
    }
}

TEST(CookieEpochs, AreRefusedBeforeTheyBegin) {
    for (const Epoch now : kInterestingEpochs) {
        for (const Epoch ahead : {1U, 2U, 255U}) {
            for (const bool timestamps : {true, false}) {
                EXPECT_FALSE(redeems(CookieKeys{kMaster, now}, now + ahead, timestamps));
            }
        }
    }
}

TEST(CookieEpochs, HaveNoneBeforeEpochZero) {
    for (const bool timestamps : {true, false}) {
        EXPECT_FALSE(redeems(CookieKeys{kMaster, 0}, 0xffffffff, timestamps));
    }
}

TEST(CookieEpochs, IgnoreTheCurrentAndThePast) {
    CookieKeys keys{kMaster, kNow};
    for (const Epoch past : {kNow, kNow - 1, kNow - 2, Epoch{0}}) {
        keys.advance(past);
        EXPECT_EQ(keys.current(), kNow);
        EXPECT_TRUE(redeems(keys, kNow, true));
        EXPECT_TRUE(redeems(keys, kNow - 1, true));
        EXPECT_FALSE(redeems(keys, kNow - 2, true));
    }
}

// A restart, or a second box: what the first one issued just before is still good.
TEST(CookieEpochs, AreTheSameForAllWhoShareTheMasterSecret) {
    for (const bool timestamps : {true, false}) {
        EXPECT_TRUE(redeems(CookieKeys{kMaster, kNow + 1}, kNow, timestamps));
    }
}

// RFC 6528 section 3: the next incarnation's sequence number is larger.
TEST(CookieEpochs, MakeTheSequenceNumberGrowWithTimeAndWithTheIsn) {
    constexpr std::int32_t kMacRange = 1 << 24;
    CookieKeys keys{kMaster, 0};
    SequenceNumber isn = kClientIsn;
    for (Epoch epoch = 0; epoch < 600; ++epoch) {
        const auto before = keys.issue(kTuple, true, isn, kOptions, false).sequence;
        for (const std::int32_t grown : {1, 1000, kMacRange - 1, kMacRange, 3 * kMacRange}) {
            const auto next = isn + static_cast<std::uint32_t>(grown);
            const auto after = keys.issue(kTuple, true, next, kOptions, false).sequence;
            EXPECT_GT(distance(before, after), grown - kMacRange);
            EXPECT_LT(distance(before, after), grown + kMacRange);
        }
        keys.advance(epoch + 1);
        const auto later = keys.issue(kTuple, true, isn, kOptions, false).sequence;
        isn = isn + 12345;
        EXPECT_GT(distance(before, later), 0);
        EXPECT_LT(distance(before, later), 2 * kMacRange);
    }
}

// RFC 7323 section 4.3: a client that meets the same tuple again must find the timestamp grown.
TEST(CookieEpochs, MakeTheTimestampGrow) {
    CookieKeys keys{kMaster, 4000};
    for (Epoch epoch = 4001; epoch < 4200; ++epoch) {
        const auto before = keys.issue(kTuple, true, kClientIsn, kOptions, true).timestamp_value;
        keys.advance(epoch);
        const auto after = keys.issue(kTuple, true, kClientIsn, kOptions, true).timestamp_value;
        EXPECT_GT(static_cast<std::int32_t>(after - before), 0);
    }
}

}  // namespace
}  // namespace synward::tcp
