// SPDX-License-Identifier: BSD-3-Clause
#include "impair/fate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace synward::impair {
namespace {

using std::chrono::milliseconds;

constexpr Impairment kAll{
    .jitter = milliseconds{2}, .loss = 0.02, .duplicate = 0.03, .reorder = 0.05, .corrupt = 0.01};

TEST(Fate, DependsOnSeedAndNumberAlone) {
    unsigned others = 0;
    for (std::uint64_t number = 0; number < 1000; ++number) {
        EXPECT_EQ(fate_of(kAll, 7, number), fate_of(kAll, 7, number));
        others += fate_of(kAll, 7, number) != fate_of(kAll, 8, number);
    }
    EXPECT_GT(others, 990U);
}

TEST(Fate, MeetsTheSharesThatWereAskedFor) {
    constexpr std::uint64_t kPackets = 200'000;
    double lost = 0;
    double duplicated = 0;
    double held_back = 0;
    double corrupted = 0;
    for (std::uint64_t number = 0; number < kPackets; ++number) {
        const Fate fate = fate_of(kAll, 1, number);
        lost += fate.lost;
        duplicated += fate.duplicated;
        held_back += fate.held_back;
        corrupted += fate.corrupted;
        EXPECT_GE(fate.jitter, Duration{0});
        EXPECT_LT(fate.jitter, kAll.jitter);
    }
    const auto expect = [](double count, double share) {
        const double deviation = std::sqrt(kPackets * share * (1 - share));
        EXPECT_NEAR(count, kPackets * share, 5 * deviation);
    };
    expect(lost, 0.02);
    expect(duplicated, 0.98 * 0.03);
    expect(held_back, 0.98 * 0.05);
    expect(corrupted, 0.98 * 0.01);
}

TEST(Fate, OfOneKindIsNotChangedByAnother) {
    Impairment only_loss{.loss = kAll.loss};
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        EXPECT_EQ(fate_of(only_loss, 3, number).lost, fate_of(kAll, 3, number).lost);
    }
}

TEST(Fate, OfAllOrNothing) {
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        EXPECT_EQ(fate_of({}, 3, number).lost, false);
        EXPECT_EQ(fate_of({.loss = 1}, 3, number).lost, true);
        EXPECT_EQ(fate_of({.duplicate = 1, .reorder = 1}, 3, number).held_back, true);
    }
}

}  // namespace
}  // namespace synward::impair
