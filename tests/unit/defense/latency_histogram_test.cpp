// SPDX-License-Identifier: BSD-3-Clause
#include "defense/latency_histogram.h"

#include <gtest/gtest.h>

namespace synward::defense {
namespace {

TEST(LatencyHistogram, BucketsFollowOnEachOtherWithoutGaps) {
    for (std::size_t bucket = 0; bucket + 1 < LatencyHistogram::kBuckets; ++bucket) {
        const auto end = static_cast<std::int64_t>(LatencyHistogram::end_of(bucket));
        EXPECT_EQ(LatencyHistogram::bucket_of(end - 1), bucket);
        EXPECT_EQ(LatencyHistogram::bucket_of(end), bucket + 1);
    }
}

TEST(LatencyHistogram, ABucketIsAQuarterOfItsTimeWideAtMost) {
    for (std::size_t bucket = 4; bucket < LatencyHistogram::kBuckets; ++bucket) {
        const auto begin = static_cast<double>(LatencyHistogram::end_of(bucket - 1));
        EXPECT_LE(static_cast<double>(LatencyHistogram::end_of(bucket)) / begin, 1.25);
    }
}

TEST(LatencyHistogram, CountsAndAddsUp) {
    LatencyHistogram histogram;
    histogram.record(std::chrono::microseconds{250});
    histogram.record(std::chrono::microseconds{250});
    histogram.record(std::chrono::hours{1});
    histogram.record(tcp::Duration{-5});  // a clock that was set back does no harm
    EXPECT_EQ(histogram.count(LatencyHistogram::bucket_of(250'000)), 2U);
    EXPECT_EQ(histogram.count(LatencyHistogram::kBuckets - 1), 1U) << "the last has no end";
    EXPECT_EQ(histogram.count(0), 1U);
    EXPECT_EQ(histogram.sum(), 3'600'000'000'000U + 500'000U);
}

}  // namespace
}  // namespace synward::defense
