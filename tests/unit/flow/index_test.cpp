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
    for (const std::uint32_t capacity :
         {1U, 2U, 25U, 64U, 691U, 692U, 1'000U, 1U << 20U, 1U << 24U}) {
        const std::uint32_t buckets = Index::bucket_count(capacity);
        std::vector<Bucket> memory(2);
        const Index index{memory.data(), capacity};
        for (int round = 0; round < 10'000; ++round) {
            const tcp::Block hash{random(), random()};
            const auto location = index.locate(hash);
            ASSERT_LT(location.primary, buckets);
            ASSERT_LT(location.secondary, buckets);
            ASSERT_NE(location.primary, location.secondary);
            ASSERT_EQ(location.primary / 64, location.secondary / 64);
            ASSERT_EQ(location.last<buckets, capacity> 691) << "there is another window";
            ASSERT_TRUE(capacity <= 691 || location.primary / 64 != location.last / 64);
            ASSERT_NE(location.tag, 0U);
            const auto other = index.locate({hash.low, hash.high ^ 0xffff'0000'0000'0000U});
            ASSERT_EQ(location.primary, other.primary);
            ASSERT_EQ(location.secondary, other.secondary);
            ASSERT_EQ(location.last, other.last);
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
    EXPECT_EQ(index.locate({0, 0}).last, 64U);
    EXPECT_EQ(index.locate({0, 0}).tag, 1U);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).primary, last);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).secondary, last - 63);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).last, last - 64);
    EXPECT_EQ(index.locate({~0ULL, ~0ULL}).tag, 0xffffU);
}

/// An index with the hashes of its keys.
class HashedIndex {
  public:
    explicit HashedIndex(std::uint32_t capacity)
        : buckets_(Index::bucket_count(capacity)),
          index_{buckets_.data(), capacity},
          hashes_(capacity) {}

    bool enter(std::uint32_t place, const tcp::Block& hash) {
        hashes_[place] = hash;
        return index_.add(index_.locate(hash), place,
                          [&](std::uint32_t other) { return hashes_[other]; });
    }
    void remove(std::uint32_t place) { index_.remove(index_.locate(hashes_[place]), place); }
    bool finds(std::uint32_t place) const {
        return index_.any_match(index_.locate(hashes_[place]),
                                [&](std::uint32_t found) { return found == place; });
    }
    void expect_empty() const {
        for (const Bucket& bucket : buckets_) {
            for (const std::uint16_t tag : bucket.tags) {
                ASSERT_EQ(tag, 0U);
            }
            ASSERT_EQ(bucket.displaced, 0U);
        }
    }

  private:
    std::vector<Bucket> buckets_;
    Index index_;
    std::vector<tcp::Block> hashes_;
};

TEST(Index, IsEmptyAgainWhenEveryKeyHasLeft) {
    for (const std::uint32_t capacity : {600U, 10'000U}) {
        std::mt19937_64 random{6};
        HashedIndex subject{capacity};
        for (std::uint32_t place = 0; place < capacity; ++place) {
            ASSERT_TRUE(subject.enter(place, {random(), random()}));
        }
        for (int turn = 0; turn < 100'000; ++turn) {
            const auto place = static_cast<std::uint32_t>(random() % capacity);
            subject.remove(place);
            ASSERT_TRUE(subject.enter(place, {random(), random()}));
        }
        for (std::uint32_t place = 0; place < capacity; ++place) {
            ASSERT_TRUE(subject.finds(place));
            subject.remove(place);
            ASSERT_FALSE(subject.finds(place));
        }
        subject.expect_empty();
    }
}

TEST(Index, KeysThatFindTheirWindowFullGoToAnother) {
    constexpr std::uint32_t kCapacity = 10'000;
    constexpr std::uint32_t kWindow = 64 * Bucket::kEntries;
    constexpr std::uint32_t kCrowd = kWindow + 200;
    std::mt19937_64 random{7};
    HashedIndex subject{kCapacity};
    // A primary bucket among the first of the table's, for all.
    const auto hash_of_the_crowd = [&] {
        const auto share = (std::uint64_t{1} << 32U) * 64 / Index::bucket_count(kCapacity);
        return tcp::Block{random(), (random() << 32U) | (random() % share)};
    };
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t place = 0; place < kCrowd; ++place) {
            ASSERT_TRUE(subject.enter(place, hash_of_the_crowd())) << place;
        }
        for (std::uint32_t turn = 0; turn < 10'000; ++turn) {
            const auto place = static_cast<std::uint32_t>(random() % kCrowd);
            ASSERT_TRUE(subject.finds(place));
            subject.remove(place);
            ASSERT_FALSE(subject.finds(place));
            ASSERT_TRUE(subject.enter(place, hash_of_the_crowd()));
        }
        for (std::uint32_t place = 0; place < kCrowd; ++place) {
            ASSERT_TRUE(subject.finds(place));
            subject.remove(place);
        }
        if (round == 0) {
            subject.expect_empty();
        }
    }
}

}  // namespace
}  // namespace synward::flow
