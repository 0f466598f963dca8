// SPDX-License-Identifier: BSD-3-Clause
//
// The acknowledgment numbers of challenges by reset: refused by every client in SYN_SENT, and not
// to be guessed.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tcp/cookie.h"

namespace synward::tcp {
namespace {

using wire::SequenceNumber;

constexpr Secret kResetMaster{'r', 'e', 's', 'e', 't'};
constexpr Epoch kResetNow = 1000;

/// RFC 9293 section 3.10.7.3, first: what a client in SYN_SENT does to the ACK of a SYN-ACK.
bool client_resets(SequenceNumber isn, std::uint32_t sent, SequenceNumber acknowledgment) {
    return before_or_at(acknowledgment, isn) || before(isn + sent, acknowledgment);
}

TEST(ResetCookie, IsRedeemedByTheNumberThatTheClientResetsWith) {
    const CookieKeys keys{kResetMaster, kResetNow};
    std::mt19937_64 random{1};
    for (int i = 0; i < 10'000; ++i) {
        const Block tuple{random(), random()};
        const SequenceNumber isn{static_cast<std::uint32_t>(random())};
        const ResetCookie cookie = keys.issue_reset(tuple, isn);
        ASSERT_EQ(keys.claimed_reset_epoch(cookie.acknowledgment), cookie.epoch);
        ASSERT_TRUE(keys.redeems_reset(tuple, cookie.acknowledgment));
        ASSERT_FALSE(keys.redeems_reset(tuple ^ Block{1, 0}, cookie.acknowledgment));
        ASSERT_FALSE(keys.redeems_reset(tuple, cookie.acknowledgment + 2));
        ASSERT_FALSE(keys.redeems_reset(tuple, cookie.sequence));
    }
}

TEST(ResetCookie, IsHonouredInItsEpochAndTheNext) {
    CookieKeys keys{kResetMaster, kResetNow};
    const Block tuple{7, 8};
    const ResetCookie cookie = keys.issue_reset(tuple, SequenceNumber{5});
    ASSERT_EQ(cookie.epoch, kResetNow);
    keys.advance(kResetNow + 1);
    EXPECT_EQ(keys.claimed_reset_epoch(cookie.acknowledgment), kResetNow);
    EXPECT_TRUE(keys.redeems_reset(tuple, cookie.acknowledgment));
    keys.advance(kResetNow + 2);
    EXPECT_FALSE(keys.redeems_reset(tuple, cookie.acknowledgment));
}

// Whatever the ISN, and however much data the SYN may have had: with the number of the current
// epoch anywhere in or around the range that the client would accept.
TEST(ResetCookie, IsRefusedByEveryClientInSynSentRfc9293Section3_10_7_3) {
    const CookieKeys keys{kResetMaster, kResetNow};
    const Block tuple{0x1234, 0x5678};
    const SequenceNumber usual = keys.issue_reset(tuple, SequenceNumber{0}).acknowledgment;
    unsigned by_the_epoch_before = 0;
    for (std::int32_t behind = -70'000; behind <= 70'000; ++behind) {
        const SequenceNumber isn = usual - static_cast<std::uint32_t>(behind);
        const ResetCookie cookie = keys.issue_reset(tuple, isn);
        ASSERT_NE(cookie.acknowledgment, isn + 1) << "that would be an acceptance";
        for (const std::uint32_t sent : {1U, 2U, 1461U, 65'496U, 65'536U}) {
            ASSERT_TRUE(client_resets(isn, sent, cookie.acknowledgment)) << behind << " " << sent;
        }
        ASSERT_TRUE(keys.redeems_reset(tuple, cookie.acknowledgment)) << behind;
        by_the_epoch_before += cookie.epoch != kResetNow ? 1U : 0U;
    }
    EXPECT_EQ(by_the_epoch_before, 65'536U) << "else the loop has missed the range";
}

// Where both epochs' numbers lie in that range, the client is made to reset all the same.
TEST(ResetCookie, IsTheIsnItselfWhereNoEpochHasAnotherNumber) {
    const CookieKeys keys{kResetMaster, kResetNow};
    std::mt19937_64 random{3};
    for (;;) {
        const Block tuple{random(), random()};
        const SequenceNumber number = keys.issue_reset(tuple, SequenceNumber{0}).acknowledgment;
        const SequenceNumber older = keys.issue_reset(tuple, number - 1).acknowledgment;
        const std::int32_t apart = distance(number, older);
        if (apart == 0 || apart > 60'000 || apart < -60'000) {
            continue;
        }
        const SequenceNumber isn = (apart < 0 ? older : number) - 1;
        const ResetCookie cookie = keys.issue_reset(tuple, isn);
        EXPECT_EQ(cookie.acknowledgment, isn);
        EXPECT_TRUE(client_resets(isn, 1, cookie.acknowledgment));
        EXPECT_FALSE(keys.redeems_reset(tuple, cookie.acknowledgment));
        return;
    }
}

// In effect all 2^32 numbers: exactly two of one tuple are good, one for each epoch honoured.
TEST(ResetCookie, IsGuessedOnceIn2To31) {
    const CookieKeys keys{kResetMaster, kResetNow};
    std::mt19937_64 random{2};
    unsigned redeemed = 0;
    for (int i = 0; i < 1 << 24; ++i) {
        redeemed += keys.redeems_reset({static_cast<std::uint64_t>(i), random()},
                                       SequenceNumber{static_cast<std::uint32_t>(random())});
    }
    EXPECT_EQ(redeemed, 0U) << "0.008 expected of 2^24";
    const Block tuple{11, 12};
    const SequenceNumber now = keys.issue_reset(tuple, SequenceNumber{0}).acknowledgment;
    const SequenceNumber before = keys.issue_reset(tuple, now - 1).acknowledgment;
    EXPECT_NE(now.value() & 1U, before.value() & 1U);
    // Each bit counts: none of the neighbours of either is good.
    for (const SequenceNumber number : {now, before}) {
        for (unsigned bit = 0; bit < 32; ++bit) {
            EXPECT_FALSE(keys.redeems_reset(tuple, SequenceNumber{number.value() ^ (1U << bit)}));
        }
    }
}

// RFC 6528's concern: neither number tells anything about another tuple's, or the next epoch's.
TEST(ResetCookie, NumbersDifferByTupleAndEpoch) {
    CookieKeys keys{kResetMaster, kResetNow};
    std::set<std::uint32_t> numbers;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        keys.advance(kResetNow + static_cast<Epoch>(i));
        const ResetCookie cookie = keys.issue_reset({i / 2, 9}, SequenceNumber{0});
        numbers.insert(cookie.acknowledgment.value());
        numbers.insert(cookie.sequence.value());
    }
    EXPECT_EQ(numbers.size(), 2000U);
}

}  // namespace
}  // namespace synward::tcp
