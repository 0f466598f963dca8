// SPDX-License-Identifier: BSD-3-Clause
//
// The ladder, and that nothing is shrunk away from a history that holds. Histories that fail are
// shrunk in the tests of the mutants.
#include <gtest/gtest.h>

#include <algorithm>

#include "ladder.h"
#include "search.h"

namespace synward::model {
namespace {

/// A handshake and data both ways, without a box: it holds.
Counterexample sound_history() {
    Counterexample sound;
    sound.scenario.has_box = false;
    sound.scenario.duplicates = 1;
    sound.history = {{What::kOpen, 0},    {What::kDeliver, 0},  {What::kDeliver, 0},
                     {What::kDeliver, 0}, {What::kDeliver, 0},  {What::kSend, 0},
                     {What::kSend, 1},    {What::kDuplicate, 0}};
    return sound;
}

TEST(Shrink, LeavesAHistoryThatHoldsAsItIs) {
    const Counterexample holds = sound_history();
    EXPECT_EQ(shrunk(holds).history, holds.history);
}

TEST(Ladder, NamesEveryStepInOrder) {
    const Counterexample history = sound_history();
    const std::string text = ladder(history.scenario, history.history, false, false);
    std::size_t at = 0;
    for (const char* const step : {"challenge", "(opens)", "-- SYN seq=0",
                                   "<-- SYN ACK seq=0 ack=1", "(sends data)", "=> all holds"}) {
        const std::size_t found = text.find(step, at);
        ASSERT_NE(found, std::string::npos) << step << "\n" << text;
        at = found;
    }
    EXPECT_LT(std::ranges::count(text, '\n'), 40) << text;
}

}  // namespace
}  // namespace synward::model
