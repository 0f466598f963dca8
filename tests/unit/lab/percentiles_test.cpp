// SPDX-License-Identifier: BSD-3-Clause
#include "percentiles.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace synward::lab {
namespace {

TEST(Percentiles, AreNearestRanks) {
    std::array<double, 100> times{};
    std::iota(times.begin(), times.end(), 1.0);
    EXPECT_EQ(percentile(times, 100, 0.0), 1.0);
    EXPECT_EQ(percentile(times, 100, 0.50), 50.0);
    EXPECT_EQ(percentile(times, 100, 0.99), 99.0);
    EXPECT_EQ(percentile(times, 100, 1.0), 100.0);
}

TEST(Percentiles, CountThoseThatFailedAsLast) {
    constexpr std::array kTimes{1.0, 2.0, 3.0};
    EXPECT_EQ(percentile(kTimes, 4, 0.50), 2.0);
    EXPECT_EQ(percentile(kTimes, 4, 0.75), 3.0);
    EXPECT_EQ(percentile(kTimes, 4, 1.0), std::nullopt);
    EXPECT_EQ(percentile({}, 4, 0.0), std::nullopt);
}

}  // namespace
}  // namespace synward::lab
