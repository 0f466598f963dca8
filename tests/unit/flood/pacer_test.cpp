// SPDX-License-Identifier: BSD-3-Clause
#include "flood/pacer.h"

#include <gtest/gtest.h>

namespace synward::flood {
namespace {

constexpr double kTicksPerSecond = 2.5e9;
constexpr std::uint64_t kStart = 1'000'000'000'000;

std::uint64_t ticks(double seconds) {
    return static_cast<std::uint64_t>(seconds * kTicksPerSecond);
}

/// Polls every `interval` seconds until `end` and sends all that is due, at most 64 at once.
std::uint64_t sent_until(Pacer& pacer, double begin, double end, double interval) {
    std::uint64_t sent = 0;
    for (double time = begin; time <= end; time += interval) {
        const std::uint64_t now = kStart + ticks(time);
        while (const std::uint64_t due = std::min<std::uint64_t>(pacer.due(now), 64)) {
            pacer.spend(due);
            sent += due;
        }
    }
    return sent;
}

TEST(Pacer, KeepsTheRateWithoutDrift) {
    for (const double rate : {1.0, 999.0, 100e3, 1.5e6}) {
        for (const double interval : {1e-6, 50e-6, 560e-6}) {
            Pacer pacer{rate, kTicksPerSecond, kStart};
            const auto sent = static_cast<double>(sent_until(pacer, 0, 3, interval));
            EXPECT_LE(sent, rate * 3 + 1) << rate << " every " << interval;
            EXPECT_GE(sent, rate * (3 - interval) - 2) << rate << " every " << interval;
        }
    }
}

TEST(Pacer, NothingIsDueAtTheStart) {
    Pacer pacer{100e3, kTicksPerSecond, kStart};
    EXPECT_EQ(pacer.due(kStart), 0U);
    EXPECT_EQ(pacer.due(kStart + ticks(1e-6)), 0U);
    EXPECT_EQ(pacer.due(kStart + ticks(10.1e-6)), 1U);
}

TEST(Pacer, CatchesUpAfterADelayWithoutABurst) {
    constexpr double kRate = 100e3;
    Pacer pacer{kRate, kTicksPerSecond, kStart};
    const std::uint64_t before = sent_until(pacer, 0, 0.1, 50e-6);
    const std::uint64_t burst = sent_until(pacer, 0.2, 0.2, 1);  // 100 ms of silence
    EXPECT_GE(burst, 100U);
    EXPECT_LE(burst, 102U) << "a millisecond's worth and two";
    const std::uint64_t after = sent_until(pacer, 0.2, 0.5, 50e-6);
    EXPECT_NEAR(static_cast<double>(before + burst + after), kRate * 0.5, 10);
}

}  // namespace
}  // namespace synward::flood
