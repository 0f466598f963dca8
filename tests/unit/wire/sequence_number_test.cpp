// SPDX-License-Identifier: BSD-3-Clause
#include "wire/sequence_number.h"

#include <gtest/gtest.h>

namespace synward::wire {
namespace {

// RFC 9293 section 3.4.
TEST(SequenceNumber, OrderGoesRoundTheCircle) {
    for (const std::uint32_t start : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
        const SequenceNumber number{start};
        for (const std::uint32_t step : {1U, 2U, 0xffffU, 0x7fffffffU}) {
            EXPECT_TRUE(before(number, number + step)) << start << " " << step;
            EXPECT_FALSE(before(number + step, number)) << start << " " << step;
            EXPECT_TRUE(before_or_at(number, number + step));
            EXPECT_FALSE(before_or_at(number + step, number));
            EXPECT_EQ(distance(number, number + step), static_cast<std::int32_t>(step));
            EXPECT_EQ(distance(number + step, number), -static_cast<std::int32_t>(step));
            EXPECT_EQ(number + step - step, number);
        }
        EXPECT_FALSE(before(number, number));
        EXPECT_TRUE(before_or_at(number, number));
        EXPECT_EQ(distance(number, number), 0);
    }
}

TEST(SequenceNumber, Wraps) {
    EXPECT_EQ((SequenceNumber{0xffffffff} + 2).value(), 1U);
    EXPECT_EQ((SequenceNumber{1} - 2).value(), 0xffffffffU);
}

}  // namespace
}  // namespace synward::wire
