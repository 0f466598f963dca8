// SPDX-License-Identifier: BSD-3-Clause
#include "flow/index.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "table_fixture.h"

namespace synward::flow {
namespace {

TEST(Bucket, MatchesTheTagsThatAreEqualWhateverElseTheLineHolds) {
    std::mt19937 random{3};
    for (int round = 0; round < 10'000; ++round) {
        Bucket bucket{};
        const auto some_tag = [&] { return static_cast<std::uint16_t>(below(3, random) * 0x7fff); };
        for (unsigned entry = 0; entry < Bucket::kEntries; ++entry) {
            bucket.tags[entry] = some_tag();
            bucket.places[entry].fill(below(2, random) == 0 ? 0x7f : 0xff);
        }
        bucket.displaced = 0x7fff'7fffU;
        const std::uint16_t tag = some_tag();
        std::uint32_t matches = bucket.matches(tag);
        for (std::size_t entry = 0; entry < Bucket::kEntries; ++entry) {
            if (bucket.tags[entry] == tag) {
                ASSERT_NE(matches, 0U);
                ASSERT_EQ(Bucket::first_of(matches), entry);
                matches &= matches - 1;
            }
        }
        ASSERT_EQ(matches, 0U);
    }
}

TEST(Bucket, HoldsTwelveAndTellsEqualTagsApartByTheirPlaces) {
    constexpr std::uint32_t kTag = 7;
    Bucket bucket{};
    for (std::uint32_t i = 0; i < Bucket::kEntries; ++i) {
        EXPECT_TRUE(bucket.add(kTag, 0xff'fff0U + i));
        EXPECT_EQ(bucket.place(i), 0xff'fff0U + i);
    }
    EXPECT_FALSE(bucket.add(kTag, 1));
    EXPECT_FALSE(bucket.remove(kTag, 1));
    EXPECT_FALSE(bucket.remove(kTag + 1, 0xff'fff5U));
    EXPECT_TRUE(bucket.remove(kTag, 0xff'fff5U));
    EXPECT_FALSE(bucket.remove(kTag, 0xff'fff5U));
    EXPECT_TRUE(bucket.add(1, 0));
    EXPECT_EQ(Bucket::first_of(bucket.matches(1)), 5U);
}

TEST(Bucket, CountersOfDisplacedKeysAreApartAndHoldAtTheTop) {
    for (std::uint32_t tag = 0; tag < 8; ++tag) {
        Bucket bucket{};
        for (int times = 0; times < 14; ++times) {
            bucket.count_displaced(tag);
        }
        for (std::uint32_t other = 0; other < 8; ++other) {
            EXPECT_EQ(bucket.has_displaced(other), other == tag);
        }
        for (int times = 0; times < 14; ++times) {
            EXPECT_TRUE(bucket.has_displaced(tag + 8));
            bucket.uncount_displaced(tag + 8);
        }
        EXPECT_EQ(bucket.displaced, 0U);
        for (int times = 0; times < 20; ++times) {
            bucket.count_displaced(tag);
        }
        for (int times = 0; times < 20; ++times) {
            bucket.uncount_displaced(tag);
        }
        EXPECT_TRUE(bucket.has_displaced(tag)) << "how many there are was no longer known";
    }
}

TEST(Index, LocationsAreInRangeDifferAndUseNoBitOfTheWorkersChoice) {
    std::mt19937_64 random{5};
    for (const std::uint32_t capacity : {1U, 2U, 25U, 64U, 1'000U, 1U << 20U, 1U << 24U}) {
        const std::uint32_t buckets = Index::bucket_count(capacity);
        std::vector<Bucket> memory(2);
        const Index index{memory.data(), capacity};
        for (int round = 0; round < 10'000; ++round) {
            const tcp::Block hash{random(), random()};
            const auto location = index.locate(hash);
            ASSERT_LT(location.primary, buckets);
            ASSERT_LT(location.secondary, buckets);
            ASSERT_NE(location.primary, location.secondary);
            ASSERT_NE(location.tag, 0U);
            const auto other = index.locate({hash.low, hash.high ^ 0xffff'0000'0000'0000U});
            ASSERT_EQ(location.primary, other.primary);
            ASSERT_EQ(location.secondary, other.secondary);
            ASSERT_EQ(location.tag, other.tag);
        }
    }
}

TEST(Index, TheExtremesOfAHashStayInRange) {
    std::vector<Bucket> memory(2);
    const Index index{memory.data(), 1U << 24U};
    const std::uint32_t last = Index::bucket_count(1U << 24U) - 1;
    EXPECT_EQ(index.locate({0, 0}).primary, 0U);
    EXPECT_EQ(index.locate({0, 0}).secondary, 1U);
    EXPECT_EQ(index.locate({0, 0}).tag, 1U);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).primary, last);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).secondary, last - 1);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).tag, 0xffffU);
}

TEST(Index, IsEmptyAgainWhenEveryKeyHasLeft) {
    constexpr std::uint32_t kCapacity = 10'000;
    std::mt19937_64 random{6};
    std::vector<Bucket> buckets(Index::bucket_count(kCapacity));
    Index index{buckets.data(), kCapacity};
    std::vector<tcp::Block> hashes(kCapacity);
    const auto hash_of = [&](std::uint32_t place) { return hashes[place]; };
    const auto enter = [&](std::uint32_t place) {
        hashes[place] = {random(), random()};
        const auto location = index.locate(hashes[place]);
        return index.add(location, place) ||
               (index.make_room(location, hash_of) && index.add(location, place));
    };
    for (std::uint32_t place = 0; place < kCapacity; ++place) {
        ASSERT_TRUE(enter(place));
    }
    for (int turn = 0; turn < 100'000; ++turn) {
        const auto place = static_cast<std::uint32_t>(random() % kCapacity);
        index.remove(index.locate(hashes[place]), place);
        ASSERT_TRUE(enter(place));
    }
    for (std::uint32_t place = 0; place < kCapacity; ++place) {
        index.remove(index.locate(hashes[place]), place);
    }
    for (const Bucket& bucket : buckets) {
        for (const std::uint16_t tag : bucket.tags) {
            ASSERT_EQ(tag, 0U);
        }
        ASSERT_EQ(bucket.displaced, 0U);
    }
}

}  // namespace
}  // namespace synward::flow
