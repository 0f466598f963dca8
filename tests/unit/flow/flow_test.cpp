// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace synward::flow {
namespace {

using namespace std::chrono_literals;

constexpr tcp::Duration kStep{1 << 26};
constexpr tcp::Duration kCircle = kStep * (1 << 24);

CoarseTime at(tcp::Duration since_epoch) {
    return CoarseTime::of(tcp::Time{since_epoch});
}

TEST(CoarseTime, ComesNeverTooEarlyAndAtMostTwoStepsLate) {
    std::mt19937_64 random{7};
    for (const tcp::Duration duration : {tcp::Duration{0}, tcp::Duration{1}, kStep - 1ns, kStep,
                                         kStep + 1ns, tcp::Duration{5s}, tcp::Duration{120h}}) {
        for (int round = 0; round < 1'000; ++round) {
            const tcp::Duration start{static_cast<std::int64_t>(random() >> 2U)};
            const CoarseTime due = at(start).after(duration);
            EXPECT_FALSE(due.has_come(at(start)));
            EXPECT_FALSE(due.has_come(at(start + duration - 1ns)));
            EXPECT_TRUE(due.has_come(at(start + duration + 2 * kStep)));
        }
    }
}

TEST(CoarseTime, ComparesAcrossTheWrapOfTheCircle) {
    const tcp::Duration end = 1'000 * kCircle;
    for (const tcp::Duration start : {end - kStep, end - 30s, end - 1ns, end}) {
        const CoarseTime due = at(start).after(60s);
        EXPECT_FALSE(due.has_come(at(start + 59s)));
        EXPECT_TRUE(due.has_come(at(start + 61s)));
        EXPECT_TRUE(due.has_come(at(start + 6 * 24h)));
    }
}

TEST(CoarseTime, TooLongADurationIsCutToTheLongest) {
    for (const tcp::Duration duration :
         {CoarseTime::kLongest, CoarseTime::kLongest + 1ns, tcp::Duration{24h * 10'000}}) {
        const CoarseTime due = at(3 * kStep).after(duration);
        EXPECT_FALSE(due.has_come(at(3 * kStep)));
        EXPECT_FALSE(due.has_come(at(CoarseTime::kLongest)));
        EXPECT_TRUE(due.has_come(at(CoarseTime::kLongest + 5 * kStep)));
    }
}

TEST(CoarseTime, FitsTheFlowsField) {
    Flow flow{};
    for (const std::uint32_t value : {0U, 1U, 0x80'0000U, 0xff'ffffU}) {
        flow.set_expiry(CoarseTime::from_value(value));
        EXPECT_EQ(flow.expiry, value);
        EXPECT_EQ(flow.outside_state, 0U);
    }
    EXPECT_EQ(CoarseTime::from_value(0x100'0005U).value(), 5U);
}

TEST(Flow, KeepsTheStateOfEachSideApart) {
    Flow flow{};
    flow.set_state(wire::Side::kOutside, tcp::EndpointState::kTimeWait);
    flow.set_state(wire::Side::kInside, tcp::EndpointState::kCloseWait);
    EXPECT_EQ(flow.state(wire::Side::kOutside), tcp::EndpointState::kTimeWait);
    EXPECT_EQ(flow.state(wire::Side::kInside), tcp::EndpointState::kCloseWait);
    EXPECT_EQ(flow.expiry, 0U);
}

TEST(Flow, EveryEndpointStateFitsItsField) {
    static_assert(tcp::kEndpointStateCount <= 16);
    Flow flow{};
    for (unsigned value = 0; value < tcp::kEndpointStateCount; ++value) {
        const auto state = static_cast<tcp::EndpointState>(value);
        flow.set_state(wire::Side::kInside, state);
        EXPECT_EQ(flow.state(wire::Side::kInside), state);
    }
}

}  // namespace
}  // namespace synward::flow
