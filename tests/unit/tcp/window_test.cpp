// SPDX-License-Identifier: BSD-3-Clause
#include "tcp/window.h"

#include <gtest/gtest.h>

#include <random>

namespace synward::tcp {
namespace {

constexpr std::uint32_t kLargestWindow = 65'535U << 14U;  // RFC 7323 section 2.3

std::uint32_t bound_of(std::uint32_t octets) {
    WindowBound bound;
    bound.raise(octets);
    return bound.octets();
}

void expect_bounded(std::uint32_t octets) {
    EXPECT_GE(bound_of(octets), octets);
    EXPECT_LE(bound_of(octets), octets + octets / 8) << octets;
}

TEST(WindowBound, IsExactWhereThreeBitsOfMantissaSuffice) {
    for (std::uint32_t octets = 0; octets <= 16; ++octets) {
        EXPECT_EQ(bound_of(octets), octets);
    }
    EXPECT_EQ(bound_of(65'536), 65'536U);
    EXPECT_EQ(bound_of(1U << 31U), 1U << 31U);
}

TEST(WindowBound, LiesNeverBelowTheWindowAndAtMostAnEighthAbove) {
    for (std::uint32_t octets = 0; octets <= 70'000; ++octets) {
        expect_bounded(octets);
    }
    for (unsigned bit = 0; bit < 31; ++bit) {
        for (const std::uint32_t aside : {0U, 1U}) {
            expect_bounded((1U << bit) + aside);
            expect_bounded((1U << bit) - aside);
        }
    }
    std::mt19937 random{1};
    std::uniform_int_distribution<std::uint32_t> any{0, kLargestWindow};
    for (int i = 0; i < 1'000'000; ++i) {
        expect_bounded(any(random));
    }
    expect_bounded(kLargestWindow);
}

TEST(WindowBound, KeepsTheLargest) {
    WindowBound bound;
    bound.raise(30'000);
    const std::uint32_t highest = bound.octets();
    bound.raise(0);
    bound.raise(29'999);
    EXPECT_EQ(bound.octets(), highest);
    bound.raise(1'000'000);
    EXPECT_GE(bound.octets(), 1'000'000U);
}

TEST(ScaledWindow, IsTheFieldShiftedRfc7323Section2_2) {
    EXPECT_EQ(scaled_window(500, 0), 500U);
    EXPECT_EQ(scaled_window(500, 7), 64'000U);
    EXPECT_EQ(scaled_window(65'535, 14), kLargestWindow);
    EXPECT_EQ(scaled_window(500, kNoWindowScale), 500U) << "no scaling at all, not 2^15";
}

TEST(RescaledWindow, SaysNoMoreThanItWasUnlessItMustStayOpen) {
    for (unsigned from = 0; from <= kNoWindowScale; ++from) {
        for (unsigned to = 0; to <= kNoWindowScale; ++to) {
            for (const unsigned field : {0U, 1U, 2U, 127U, 128U, 500U, 32'768U, 65'535U}) {
                const auto before = static_cast<std::uint16_t>(field);
                const std::uint16_t after = rescaled_window(before, from, to);
                const std::uint32_t octets = scaled_window(before, from);
                EXPECT_EQ(after == 0, before == 0) << field << ": " << from << " to " << to;
                if (after > 1) {
                    EXPECT_LE(scaled_window(after, to), octets) << field << ": " << from << to;
                }
                if (after != 0xffff) {
                    const std::uint32_t grain = scaled_window(1, to);
                    EXPECT_GT(scaled_window(after, to) + grain, octets) << field << from << to;
                }
            }
        }
    }
}

TEST(RescaledWindow, NeverClosesAnOpenWindowRfc9293Shld14) {
    for (unsigned from = 0; from <= kNoWindowScale; ++from) {
        for (unsigned to = 0; to <= kNoWindowScale; ++to) {
            for (unsigned field = 1; field <= 0xffff; ++field) {
                ASSERT_NE(rescaled_window(static_cast<std::uint16_t>(field), from, to), 0);
            }
        }
    }
}

TEST(RescaledWindow, LeavesAWindowOfTheSameScale) {
    for (unsigned scale = 0; scale <= kNoWindowScale; ++scale) {
        for (unsigned field = 0; field <= 0xffff; ++field) {
            ASSERT_EQ(rescaled_window(static_cast<std::uint16_t>(field), scale, scale), field);
        }
    }
}

}  // namespace
}  // namespace synward::tcp
