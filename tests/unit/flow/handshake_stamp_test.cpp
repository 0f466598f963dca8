// SPDX-License-Identifier: BSD-3-Clause
#include "flow/handshake_stamp.h"

#include <gtest/gtest.h>

namespace synward::flow {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr tcp::Duration kPatience = seconds{10};
// Both times are rounded down, and one that falls on zero is told as one.
constexpr tcp::Duration kError{2 << kStampShift};

Flow stamped_at(tcp::Time now) {
    Flow flow{};
    flow.set_expiry(CoarseTime::of(now).after(kPatience));
    stamp(flow, now);
    return flow;
}

TEST(HandshakeStamp, TellsTheTimeToThirtyThreeMicroseconds) {
    // Around the ends of the fine and of the coarse circle, and in no relation to either.
    const std::int64_t circle = CoarseTime::kStep << 24;
    for (const std::int64_t begin :
         {std::int64_t{1'700'000'000'000'000'000}, circle, circle - 1, circle - 70'000'000,
          77 * CoarseTime::kStep, 77 * CoarseTime::kStep - 1, 77 * CoarseTime::kStep + 20'000}) {
        const tcp::Time start{tcp::Duration{begin}};
        const Flow flow = stamped_at(start);
        for (const tcp::Duration elapsed :
             {tcp::Duration{0}, tcp::Duration{microseconds{17}}, tcp::Duration{microseconds{300}},
              tcp::Duration{milliseconds{67}}, tcp::Duration{milliseconds{68}},
              tcp::Duration{milliseconds{1234}}, tcp::Duration{seconds{9}}, kPatience}) {
            const auto told = since_stamp(flow, start + elapsed, kPatience);
            ASSERT_TRUE(told) << begin << " + " << elapsed.count();
            EXPECT_LE(*told - elapsed, kError) << begin << " + " << elapsed.count();
            EXPECT_LE(elapsed - *told, kError) << begin << " + " << elapsed.count();
        }
    }
}

TEST(HandshakeStamp, TellsNothingWithoutAStamp) {
    const tcp::Time start{seconds{1'700'000'000}};
    Flow flow = stamped_at(start);
    clear_stamp(flow);
    EXPECT_FALSE(since_stamp(flow, start + seconds{1}, kPatience));
}

TEST(HandshakeStamp, TellsNothingWhereTheExpiryLiesBeyondThePatience) {
    const tcp::Time start{seconds{1'700'000'000}};
    EXPECT_FALSE(since_stamp(stamped_at(start), start + milliseconds{1}, seconds{5}));
}

}  // namespace
}  // namespace synward::flow
