// SPDX-License-Identifier: BSD-3-Clause
//
// Every short history of a connection: what a history is, search.h says. SYNWARD_MODEL_SEGMENTS
// makes them shorter where instrumented code would take too long; the floors hold for nine alone.
#include <gtest/gtest.h>

#include <cstdlib>

#include "ladder.h"
#include "search.h"

namespace synward::model {
namespace {

constexpr unsigned kSegments = 9;
constexpr unsigned kSegmentsBeforeSilence = 7;

unsigned segments() {
    const char* const text = std::getenv("SYNWARD_MODEL_SEGMENTS");
    return text == nullptr ? kSegments : static_cast<unsigned>(std::atoi(text));
}

/// So many states there are at least, or the driver has left something out.
void expect_all_to_hold(const Scenario& scenario, std::uint64_t least_states) {
    const Explored explored = explore(scenario, segments(), 16);
    std::printf("%s%u segments: %llu states, %llu choices tried, %llu brought to rest\n",
                describe(scenario).c_str(), segments(),
                static_cast<unsigned long long>(explored.states),
                static_cast<unsigned long long>(explored.transitions),
                static_cast<unsigned long long>(explored.settled));
    EXPECT_FALSE(explored.counterexample) << explain(*explored.counterexample);
    if (segments() >= kSegments) {
        EXPECT_GE(explored.states, least_states);
        EXPECT_GE(explored.settled, least_states / 20);
    } else {
        std::printf("SHORTER THAN %u SEGMENTS: floors are not checked\n", kSegments);
    }
}

TEST(Exhaustive, TwoEndsOnAWireHoldByThemselves) {
    expect_all_to_hold({.has_box = false}, 1'000'000);
}

TEST(Exhaustive, UnchallengedConnections) {
    expect_all_to_hold({.challenge = defense::Challenge::kOverBudget}, 1'400'000);
}

TEST(Exhaustive, ChallengedConnections) {
    expect_all_to_hold({.challenge = defense::Challenge::kAlways}, 12'000'000);
}

TEST(Exhaustive, AbandonedConnectionsAreReset) {
    for (const auto challenge : {defense::Challenge::kOverBudget, defense::Challenge::kAlways}) {
        const Scenario scenario{.challenge = challenge, .resets_on_expiry = true};
        const Explored explored = explore(scenario, kSegmentsBeforeSilence, 2);
        EXPECT_FALSE(explored.counterexample) << explain(*explored.counterexample);
        EXPECT_GE(explored.settled, 5'000U);
    }
}

}  // namespace
}  // namespace synward::model
