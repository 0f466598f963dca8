// SPDX-License-Identifier: BSD-3-Clause
#include "worker/busy_time.h"

#include <gtest/gtest.h>

namespace synward::worker {
namespace {

class BusyTimeTest : public testing::Test {
  protected:
    static tcp::Time at(std::int64_t nanoseconds) { return tcp::Time{tcp::Duration{nanoseconds}}; }

    BusyTime busy;
    Counter counter;
};

TEST_F(BusyTimeTest, CountsFromThePacketsToTheEndOfTheTurn) {
    busy.begin(at(100));
    busy.begin(at(150));  // a second batch of the same turn
    busy.end_turn(at(180), true, counter);
    EXPECT_EQ(counter.value(), 80U);
}

TEST_F(BusyTimeTest, BusyTurnsInARowLeaveNoTimeBetweenThem) {
    busy.begin(at(100));
    busy.end_turn(at(180), true, counter);
    busy.begin(at(190));
    busy.end_turn(at(250), true, counter);
    EXPECT_EQ(counter.value(), 150U);
}

TEST_F(BusyTimeTest, IdleTurnsAndSleepDoNotCount) {
    busy.begin(at(100));
    busy.end_turn(at(180), true, counter);
    busy.end_turn(at(200), false, counter);
    busy.begin(at(5000));
    busy.end_turn(at(5010), true, counter);
    EXPECT_EQ(counter.value(), 90U);
}

}  // namespace
}  // namespace synward::worker
