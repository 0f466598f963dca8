// SPDX-License-Identifier: BSD-3-Clause
//
// Long random histories, seeded: what a history is, search.h says, and what is left out,
// random.cpp. SYNWARD_MODEL_SHARD takes every second of them, from that one on;
// SYNWARD_MODEL_HISTORIES makes them fewer where instrumented code would take too long.
#include <gtest/gtest.h>

#include <cstdlib>

#include "search.h"

namespace synward::model {
namespace {

constexpr std::uint64_t kHistories = 500'000;  // in each of two shards

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Random, LongHistories) {
    const std::uint64_t shard = number_from("SYNWARD_MODEL_SHARD", 0);
    const std::uint64_t count = number_from("SYNWARD_MODEL_HISTORIES", kHistories);
    const std::uint64_t first = number_from("SYNWARD_MODEL_SEED", 1) + shard;
    const RandomRun run = run_random(first, count, 2);
    std::printf("%llu histories from seed %llu, %llu segments\n",
                static_cast<unsigned long long>(run.histories),
                static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(run.segments));
    ASSERT_FALSE(run.counterexample)
        << "seed " << first + 2 * (run.histories - 1) << explain(*run.counterexample);
    EXPECT_EQ(run.histories, count);
    EXPECT_GE(run.segments, count * 20);
    for (const wire::Reason reason :
         {wire::Reason::kSynWithinBudget, wire::Reason::kSynUnchallenged,
          wire::Reason::kSynChallenged, wire::Reason::kSynFromInside, wire::Reason::kSynAck,
          wire::Reason::kHandshakeCompleted, wire::Reason::kServerConnected,
          wire::Reason::kAwaitingServer, wire::Reason::kInConnection, wire::Reason::kFinPassed,
          wire::Reason::kReset, wire::Reason::kChallengeAck, wire::Reason::kSynOnLiveFlow}) {
        EXPECT_GT(run.reasons[static_cast<unsigned>(reason)], 0U)
            << wire::description(reason).name << ": the driver has left something out";
    }
}

TEST(Random, OneSeedIsOneHistory) {
    for (const std::uint64_t seed : {7U, 8U, 9U}) {
        const RandomRun once = run_random(seed, 1);
        const RandomRun behind_others = run_random(seed - 6, 7);
        const RandomRun others = run_random(seed - 6, 6);
        EXPECT_EQ(once.segments, behind_others.segments - others.segments);
    }
}

}  // namespace
}  // namespace synward::model
